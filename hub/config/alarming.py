"""``[alarms]``: by which rules, where they run, and what loses its power together."""

from typing import Annotated

from pydantic import Field, StringConstraints

from hub.config.fields import File, Flag, Id
from hub.config.section import Section
from hub.facts import ID_PATTERN

DeviceId = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
MOST_GROUPS = 1000


class PowerGroup(Section):
    """Devices that lose their power together: one that says so explains the silence of the others."""

    TITLES = ("Power groups", "Nhóm chung nguồn điện")

    id: Id = Field(description="Unique.", examples=["kho-tang-1"])
    devices: tuple[DeviceId, ...] = Field(
        min_length=1,
        max_length=MOST_GROUPS,
        description="Ids of its devices, of any edge; each in one group. Those in none share their site's.",
        examples=[["tu-lanh-01", "tu-lanh-02"]],
    )


class AlarmsSection(Section):
    """By which rules, and where they run."""

    TITLES = ("Alarms", "Cảnh báo")

    local: Flag | None = Field(
        default=None,
        description="Run the rules at the edge too, for times without the hub; default: in a vaccine store.",
        examples=[True],
    )
    apart_seconds: float = Field(
        default=120,
        ge=1,
        le=3600,
        description="How long (s) the hub must be away before an edge with alarms of its own tells people.",
    )
    profiles: tuple[File, ...] = Field(
        default=(),
        max_length=100,
        description="Profiles of rules of your own, a TOML file each (docs/alarm_rules.md); one with the "
        "name of ours takes its place. Raise its version with each change.",
        examples=[["rules/fridge.toml"]],
    )
    power: tuple[PowerGroup, ...] = Field(
        default=(), max_length=MOST_GROUPS, description="See [[alarms.power]]."
    )
