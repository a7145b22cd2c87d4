"""Settings that every kind of gate has: which way it leads, its rules, what opens, who is trusted."""

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, ValidationInfo

from adapters.qr_gates.barriers.passage_settings import PassageSettings
from adapters.qr_gates.barriers.relay_settings import RelaySettings
from adapters.qr_gates.codes.delimited_family import family_of
from adapters.qr_gates.decisions.gate_knowledge import Direction
from adapters.qr_gates.decisions.gate_rules import GateRules
from hub.contract import DeviceConfig

MOST_FAMILIES = 50
LARGEST_FAMILY_BYTES = 16_384


def _present(path: Path, info: ValidationInfo) -> Path:
    """Relative to the folder of epihub.toml."""
    base: Path = (info.context or {}).get("base", Path())
    if not (base / path).is_file():
        raise ValueError("no such file")
    return base / path


def _family(path: Path, info: ValidationInfo) -> Path:
    path = _present(path, info)
    if path.stat().st_size > LARGEST_FAMILY_BYTES:
        raise ValueError("a family is at most 16 KiB")
    family_of(path.read_text("utf-8"))
    return path


PresentFile = Annotated[Path, AfterValidator(_present)]
FamilyFile = Annotated[Path, AfterValidator(_family)]


class GateSettings(DeviceConfig):
    """One gate: a scanner, the way it leads, and what opens."""

    direction: Direction = Field(description="Which way people go who show their codes here.")
    zone: str = Field(
        "",
        pattern=r"^[a-z0-9_-]{0,64}$",
        description="Where it leads: gates of one zone at one edge count together; the site if left out.",
        examples=["khu-a"],
    )
    rules: GateRules = Field(
        GateRules(),
        description="What this gate asks, key by key instead of the site's gate_rules.",
    )
    relay: RelaySettings | None = Field(None, description="What opens; without it somebody stands there.")
    passage: PassageSettings | None = Field(
        None, description="The sensor that sees people pass; without it a passage is inferred and marked so."
    )
    trust_list: PresentFile | None = Field(
        None,
        description="Whose signatures count (docs/gates.md), read at the start; without it nobody's.",
        examples=["trust-list.json"],
    )
    families: tuple[FamilyFile, ...] = Field(
        default=(),
        max_length=MOST_FAMILIES,
        description="Files that describe further families of codes (docs/gates.md).",
        examples=[["pass-of-the-company.toml"]],
    )
    unstored: Literal["show", "open"] = Field(
        "show",
        description="While nothing can be stored: a decision is only shown, or the gate opens as well.",
    )
    timezone: ZoneInfo = Field(
        default=ZoneInfo("Asia/Ho_Chi_Minh"),
        description="Where it stands: for the daily reset of anti-passback, and for ages.",
    )

    @property
    def zone_name(self) -> str:
        """Of the zone, or of the site."""
        return self.zone or self.site
