"""Adapters for the tests of the configuration: one that listens, one that dials, one that lacks a library."""

from typing import Literal

from pydantic import BaseModel, Field, field_validator

from hub.contract import Adapter, DeviceConfig, Frame, Interpretation


class Match(BaseModel, extra="forbid"):
    """Which traffic is a device's."""

    peer: str = ""


class Rule(BaseModel, extra="forbid"):
    """One rule of a mapping."""

    path: str
    metric: Literal["temperature", "humidity"]


class ListenerConfig(DeviceConfig):
    """A device that dials us."""

    kind: Literal["listener"]
    host: str = "127.0.0.1"
    port: int = Field(ge=0, le=65535, description="TCP port.", examples=[2575])
    peers: tuple[str, ...] = ()
    match: Match = Match()


class DialerConfig(DeviceConfig):
    """A device that we dial."""

    kind: Literal["dialer"]
    host: str
    port: int = 4001
    silence_seconds: float = Field(default=300, gt=0)
    rules: tuple[Rule, ...] = ()

    @field_validator("host")
    @classmethod
    def _loose_tongue(cls, host: str) -> str:
        if "!" in host:
            raise ValueError(f"cannot dial {host}")
        return host


class Listener(Adapter[ListenerConfig]):
    """Listens to nothing."""

    Config = ListenerConfig

    async def run(self) -> None: ...

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        return Interpretation()


class Dialer(Adapter[DialerConfig]):
    """Dials nobody."""

    Config = DialerConfig

    async def run(self) -> None: ...

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        return Interpretation()
