"""Rules of simulated sites, as a hub's settings say them and as the simulators' own judge reads them."""

from dataclasses import dataclass
from typing import Literal

Direction = Literal["in", "out"]
DAYS_AFTER_DOSE = 14


@dataclass(frozen=True, slots=True)
class SiteRules:
    """``doses``: that must be proved, by a signed certificate or the province's list; 0: none are.

    ``passback``: nobody comes in twice without having gone out, and the other way round. ``lists``: the hub
    has the tables of ``list_tables``; ``declared_hours`` needs them.
    """

    name: str
    doses: int = 0
    passback: bool = True
    lists: bool = False
    declared_hours: int = 0
    duplicate_seconds: int = 60

    def toml(self) -> str:
        """The lines of a device."""
        lines = ["[device.rules]", f"duplicate_seconds = {self.duplicate_seconds}"]
        if self.passback:
            lines.append('anti_passback = { mode = "hard" }')
        if self.declared_hours:
            lines.append(f"declaration_hours = {self.declared_hours}")
        if self.doses:
            lines.append(f"proof = {{ doses = {self.doses}, days_after_dose = {DAYS_AFTER_DOSE} }}")
        return "\n".join(lines)


OPEN = SiteRules("open")
PROVED = SiteRules("proved", doses=2)
LENIENT = SiteRules("lenient", passback=False)
LISTED = SiteRules("listed", doses=2, lists=True, declared_hours=24)
RULES = {rules.name: rules for rules in (OPEN, PROVED, LENIENT, LISTED)}
