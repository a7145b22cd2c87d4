"""Settings of ``cold_serial``: one ``[[device]]`` is one probe, or several that write one line of text."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from adapters.cold_chain.lines.template import WrittenTemplate
from adapters.cold_chain.metrics import is_percent, is_switch, is_temperature, is_volts
from adapters.cold_chain.sensor_config import Metric, SensorConfig, join_dotted

LineDialect = Literal["pattern", "columns", "w1"]
Baud = Literal[300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200]
Place = Annotated[int, Field(ge=1, le=64)]


class ColdSerialConfig(SensorConfig):
    """A probe that writes text to a serial line or a serial server, or into a file of the kernel (1-wire)."""

    kind: Literal["cold_serial"]
    path: str = Field(
        "",
        pattern=r"^(/\S+)?$",
        description="The line, best by its id: /dev/serial/by-id/…; ttyUSB numbers change with every plug.",
    )
    baud: Baud = Field(9600, description="Bits a second.")
    bits: Literal[7, 8] = Field(8, description="Data bits.")
    parity: Literal["N", "E", "O"] = Field("N", description="None, even or odd.")
    stop_bits: Literal[1, 2] = Field(1, description="Stop bits.")
    host: str = Field("", max_length=253, description="Instead of path: a serial server on the network.")
    port: int = Field(0, ge=0, le=65535, description="Its TCP port.")
    file: str = Field(
        "",
        pattern=r"^(/\S+)?$",
        description="Instead of path: a file that is read anew each time, /sys/bus/w1/devices/28-…/w1_slave.",
    )
    poll_seconds: float = Field(60, ge=0.05, le=3600, description="How often the file is read.")
    dialect: LineDialect = Field(description="How it writes: text by a pattern, in columns, or w1_slave.")
    pattern: WrittenTemplate | None = Field(
        None,
        description="A line with metrics in braces, {unit} for its unit, {} for anything else.",
        examples=["T1={temp.vaccine} {unit} T2={temp.ambient} {}"],
    )
    columns: dict[Metric, Place] = Field(
        default_factory=dict, max_length=64, description="Metric to the number of its column, from 1."
    )
    separator: Literal["", ",", ";", "\t"] = Field("", description="Between columns; empty: white space.")
    ignore: tuple[str, ...] = Field(
        default=("#",),
        max_length=16,
        description="Lines that begin so are no readings; nothing is kept of them.",
    )
    metric: Metric = Field("temp.vaccine", description="What a w1_slave measures.")
    least_seconds: float = Field(
        10, ge=0, le=3600, description="A line sooner than so after the one before is not read."
    )
    silent_after_seconds: float = Field(
        600, ge=0, le=86_400, description="Without a line for so long it is UNKNOWN; 0: never."
    )

    @field_validator("columns", mode="before")
    @classmethod
    def _join_dotted_keys(cls, value: Any) -> Any:
        """TOML reads ``temp.vaccine = 2`` as a table; people mean the name."""
        return join_dotted(value, "")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if sum(map(bool, (self.path, self.host, self.file))) != 1:
            raise ValueError("name one of path, host and file")
        if bool(self.host) != bool(self.port):
            raise ValueError("host and port belong together")
        if (self.dialect == "pattern") != (self.pattern is not None):
            raise ValueError("dialect pattern needs a pattern; the others have none")
        if (self.dialect == "columns") != bool(self.columns):
            raise ValueError("dialect columns needs columns; the others have none")
        if not is_temperature(self.metric):
            raise ValueError(f"{self.metric} is no temperature: name it temp.…")
        for metric in (*(self.pattern.metrics if self.pattern else ()), *self.columns):
            if not (is_temperature(metric) or is_percent(metric) or is_switch(metric) or is_volts(metric)):
                raise ValueError(f"{metric}: only temp, humidity, battery, door.open and alarm have a unit")
        return self
