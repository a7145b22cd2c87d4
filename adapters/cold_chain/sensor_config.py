"""What every kind of cold-chain device has in its settings, and the mapping of any JSON."""

from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from adapters.cold_chain.expression import Expression
from adapters.cold_chain.metrics import is_percent, is_temperature
from adapters.cold_chain.units import UNITS
from hub.contract import DeviceConfig

MAX_PROBES = 64

TemperatureUnit = Literal["Cel", "[degF]", "K"]
Metric = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}(\.[a-z0-9_]{1,32}){1,3}$")]


class MappedMetric(BaseModel):
    """Where one metric stands in a device's JSON; paths are JMESPath (jmespath.org)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: Expression = Field(description="The number. A text is never one: use to_number(path).")
    unit: str | None = Field(
        None,
        pattern=r"^[!-~]{1,16}$",
        description="Unit (UCUM): Cel (without it), [degF] or K for temp.*; any other metric names its own.",
    )
    unit_path: Expression | None = Field(
        None, description="Where the device says in which unit its temperature is; wins over unit."
    )
    time: Expression | None = Field(
        None, description="When it was measured: ISO 8601 text, Unix seconds or milliseconds."
    )
    sequence: Expression | None = Field(
        None, description="A counter that never restarts; only needed where there is no time."
    )
    optional: bool = Field(False, description="Some messages leave it out; otherwise absence is a fault.")


# What E006/DS01 says of appliance (A), monitor (E), logger (L) and their place: nothing measured.
Equipment = Literal[
    "CID", "FID", "RNAM", "DNAM", "FNAM",
    "ACAT", "ADOP", "AMFR", "AMOD", "APQS", "ASER",
    "EDOP", "EID", "EMFR", "EMOD", "EMSV", "EPQS", "ESER",
    "LDOP", "LID", "LMFR", "LMOD", "LPQS", "LSER", "LSV",
]  # fmt: skip
EquipmentText = Annotated[str, Field(min_length=1, max_length=128)]


class SensorConfig(DeviceConfig):
    """How readings of a device are judged, whatever brings them."""

    profile: Literal["fridge", "freezer", "ultra-low", "transport-box"] = Field(
        "fridge",
        description="Storage profile, by which its limits are chosen: +2..+8, -25..-15, -90..-60 °C; "
        "a transport box is held like a fridge.",
    )
    timezone: ZoneInfo = Field(
        ZoneInfo("Asia/Ho_Chi_Minh"), description="Zone of device times that name none."
    )
    unit: TemperatureUnit | None = Field(
        None, description="Unit of its temperatures, against what it says itself."
    )
    lowest_cel: float = Field(-100, ge=-273.15, le=1000, description="A colder reading in °C is a fault.")
    highest_cel: float = Field(100, ge=-273.15, le=1000, description="A hotter reading in °C is a fault.")

    equipment: dict[Equipment, EquipmentText] = Field(
        default_factory=dict,
        description="What a cce-interop transfer of ours tells of the appliance: makers, models, serials.",
        examples=[{"AMFR": "Vestfrost", "AMOD": "VLS 204A", "APQS": "E003/007"}],
    )

    @model_validator(mode="after")
    def _range_is_one(self) -> Self:
        if self.lowest_cel >= self.highest_cel:
            raise ValueError("lowest_cel must be below highest_cel")
        return self


class MappedConfig(SensorConfig):
    """A device whose JSON the operator maps."""

    mapping: dict[Metric, MappedMetric] = Field(
        default_factory=dict, max_length=MAX_PROBES, description="Only for dialect mapped: metric to place."
    )

    @field_validator("mapping", mode="before")
    @classmethod
    def _join_dotted_keys(cls, value: Any) -> Any:
        """TOML reads ``temp.vaccine = {…}`` as a table in a table; people mean the name."""
        return join_dotted(value, "value")

    @model_validator(mode="after")
    def _units_fit(self) -> Self:
        for metric, place in self.mapping.items():
            _check_unit(metric, place)
        return self


def _check_unit(metric: str, place: MappedMetric) -> None:
    if is_temperature(metric):
        if place.unit and place.unit.casefold() not in UNITS:
            raise ValueError(f"{metric}: the unit of a temperature is Cel, [degF] or K")
    elif place.unit_path:
        raise ValueError(f"{metric}: only a temperature may say its unit itself")
    elif place.unit is None and not is_percent(metric):
        raise ValueError(f"{metric}: name its unit")


def join_dotted(tables: Any, needed: str) -> Any:
    """``{"temp": {"vaccine": …}}`` as ``{"temp.vaccine": …}``; a metric's own table has the key ``needed``.

    "" where a metric has no table of its own. What is no table fails later.
    """
    return dict(_leaves(tables, needed)) if isinstance(tables, dict) else tables


def _leaves(tables: dict[Any, Any], needed: str, prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, table in tables.items():
        path = f"{prefix}{name}"
        nested = isinstance(table, dict) and table and needed not in table and path.count(".") < 3
        if nested and (not needed or all(isinstance(inner, dict) for inner in table.values())):
            found.extend(_leaves(table, needed, path + "."))
        else:
            found.append((path, table))
    return found
