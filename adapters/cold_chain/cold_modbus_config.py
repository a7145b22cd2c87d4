"""Settings of ``cold_modbus``: one ``[[device]]`` is one fridge, measured by a slave or a part of one."""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from adapters.cold_chain.metrics import is_percent, is_switch, is_temperature, is_volts
from adapters.cold_chain.modbus.frames import Framing
from adapters.cold_chain.modbus.maps import Register, RegisterName, names, packaged
from adapters.cold_chain.sensor_config import Metric, SensorConfig

Baud = Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200]


class ColdModbusConfig(SensorConfig):
    """A Modbus slave: RTU over a serial line or a serial server, or TCP."""

    kind: Literal["cold_modbus"]
    path: str = Field(
        "",
        pattern=r"^(/\S+)?$",
        description="The line, best by its id: /dev/serial/by-id/…; several slaves share it.",
    )
    baud: Baud = Field(9600, description="Bits a second.")
    parity: Literal["N", "E", "O"] = Field("N", description="None, even or odd.")
    stop_bits: Literal[1, 2] = Field(1, description="Stop bits.")
    host: str = Field("", max_length=253, description="Instead of path: a gateway, slave or serial server.")
    port: int = Field(502, ge=1, le=65535, description="Its TCP port.")
    framing: Framing = Field(
        "tcp", description="At a host: tcp, or rtu behind a server that only passes bytes on; a path is rtu."
    )
    slave: int = Field(1, ge=1, le=247, description="Its address on the line, the unit of TCP.")
    map: str = Field(
        "", max_length=64, description="A packaged map of registers; the adapter's page lists them."
    )
    registers: dict[RegisterName, Register] = Field(
        default_factory=dict, max_length=64, description="Instead of map: its registers, by a name of ours."
    )
    metric: Metric = Field("temp.vaccine", description="What its first register is, if probes names none.")
    probes: dict[RegisterName, Metric] = Field(
        default_factory=dict,
        max_length=64,
        description="Metric of each register, by the name it has in the map; then only these are read.",
        examples=[{"ch1": "temp.vaccine", "ch2": "temp.ambient"}],
    )
    poll_seconds: float = Field(60, ge=0.05, le=3600, description="How often it is asked.")
    timeout_seconds: float = Field(1, ge=0.05, le=30, description="How long an answer is waited for.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if bool(self.path) == bool(self.host):
            raise ValueError("name one of path and host")
        if bool(self.map) == bool(self.registers):
            raise ValueError("name one of map and registers")
        if self.map and self.map not in names():
            raise ValueError(f"no map {self.map} is packaged; there are {', '.join(names())}")
        unknown = sorted(set(self.probes) - set(self.known))
        if unknown:
            raise ValueError(f"the map has no register {unknown[0]}; it has {', '.join(self.known)}")
        self._check_metrics()
        return self

    def _check_metrics(self) -> None:
        metrics = self.metrics
        if len(set(metrics.values())) < len(metrics):
            raise ValueError("two registers have one metric: one curve cannot show both")
        for name, metric in metrics.items():
            unit = self.known[name].unit
            is_degrees = unit in ("Cel", "[degF]", "K")
            if is_temperature(metric) != is_degrees or (is_percent(metric) and unit != "%"):
                raise ValueError(f"{name}: {metric} is not measured in {unit}")
            if (is_switch(metric) and unit != "1") or (is_volts(metric) and unit != "V"):
                raise ValueError(f"{name}: {metric} is not measured in {unit}")

    @property
    def known(self) -> Mapping[str, Register]:
        """Every register of its map, in the order of the map."""
        return packaged(self.map).registers if self.map else self.registers

    @property
    def metrics(self) -> dict[str, str]:
        """What is read of it: name to metric."""
        if self.probes:
            return dict(self.probes)
        first = next(iter(self.known))
        return {
            name: register.metric or (self.metric if name == first else f"temp.{name}")
            for name, register in self.known.items()
        }

    @property
    def transport(self) -> Framing:
        return "rtu" if self.path else self.framing
