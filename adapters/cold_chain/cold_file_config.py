"""Settings of ``cold_file``: one ``[[device]]`` is one logger whose exports are put into a folder."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from adapters.cold_chain.exports.tables import TableLayout
from adapters.cold_chain.metrics import is_percent, is_temperature
from adapters.cold_chain.sensor_config import SensorConfig
from adapters.cold_chain.units import UNITS

FileFormat = Literal["berlinger", "table"]
ProbeMetric = Annotated[str, Field(pattern=r"^temp\.[a-z0-9_]{1,32}(\.[a-z0-9_]{1,32})?$")]


class ColdFileConfig(SensorConfig):
    """A logger whose files people carry: Fridge-tag and Q-tag exports, or tables by a mapping."""

    kind: Literal["cold_file"]
    folder: Path = Field(
        description="Where its files come; `done` and `rejected` are made in it. Loggers may share it."
    )
    format: FileFormat = Field("berlinger", description="What it writes.")
    serial: str = Field(
        "",
        pattern=r"^[A-Za-z0-9-]{0,32}$",
        description="The Berlinger logger's own number; needed where several share a folder.",
    )
    metric: ProbeMetric = Field("temp.vaccine", description="What a Berlinger logger measures.")
    table: TableLayout | None = Field(None, description="Only for format table: how it is written.")
    patterns: tuple[str, ...] = Field(
        default=("*.txt", "*.csv", "*.tsv"),
        min_length=1,
        description="Names of its files, in lower case; others are left alone.",
    )
    stable_seconds: float = Field(
        default=5, ge=0, le=3600, description="A file is whole when nothing wrote to it for so long."
    )
    unfinished_seconds: float = Field(
        default=60, ge=0, le=86_400, description="How long an export without its end is waited for."
    )
    silent_after_seconds: float = Field(
        default=0, ge=0, le=400 * 86_400, description="Without a file for so long it is UNKNOWN; 0: never."
    )
    look_seconds: float = Field(default=2, gt=0, le=3600, description="How often the folder is looked at.")
    file_max_bytes: int = Field(
        default=4 * 1024 * 1024, ge=1024, le=32 * 1024 * 1024, description="Longest file."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.format == "table") != (self.table is not None):
            raise ValueError("format table needs a table; berlinger has none")
        if self.table is not None and self.serial:
            raise ValueError("serial is read from Berlinger's exports only: tell tables apart by patterns")
        for metric, place in self.table.columns.items() if self.table else ():
            if is_temperature(metric) and place.unit and place.unit.casefold() not in UNITS:
                raise ValueError(f"{metric}: the unit of a temperature is Cel, [degF] or K")
            if place.unit is None and not (is_temperature(metric) or is_percent(metric)):
                raise ValueError(f"{metric}: name its unit")
        return self
