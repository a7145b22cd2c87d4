"""Rules of simulated sites, as a hub's settings say them and as the simulators' own judge reads them."""

from dataclasses import dataclass

DAYS_AFTER_DOSE = 14


@dataclass(frozen=True, slots=True)
class SiteRules:
    """``doses``: that must be proved by a signed certificate; 0: nothing is asked for.

    ``passback``: nobody comes in twice without having gone out, and the other way round.
    """

    name: str
    doses: int = 0
    passback: bool = True
    duplicate_seconds: int = 60

    def toml(self) -> str:
        """The lines of a device."""
        lines = ["[device.rules]", f"duplicate_seconds = {self.duplicate_seconds}"]
        if self.passback:
            lines.append('anti_passback = { mode = "hard" }')
        if self.doses:
            lines.append(f"proof = {{ doses = {self.doses}, days_after_dose = {DAYS_AFTER_DOSE} }}")
        return "\n".join(lines)


OPEN = SiteRules("open")
PROVED = SiteRules("proved", doses=2)
LENIENT = SiteRules("lenient", passback=False)
RULES = {rules.name: rules for rules in (OPEN, PROVED, LENIENT)}
