"""Settings of ``gate_http``: one ``[[device]]`` is one terminal, or a gate of one's own, that posts to us."""

from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Literal, Self

from pydantic import Field, model_validator

from adapters.qr_gates.dialects import zkteco
from adapters.qr_gates.gate_config import GateSettings

Network = IPv4Network | IPv6Network
ZKTECO_SILENT_SECONDS = 180.0
Dialect = Literal["plain", "zkteco", "hikvision"]


class GateHttpConfig(GateSettings):
    """A gate whose terminal posts: ZKTeco's push protocol, Hikvision's events, or plain JSON and pictures."""

    kind: Literal["gate_http"]
    dialect: Dialect = Field(
        "plain",
        description="What the terminal speaks; JSON and pictures are taken besides, by /api/v1/ingest/<id>.",
    )
    serial: str = Field(
        "",
        pattern=rf"{zkteco.SERIAL}|^$",
        description="zkteco: the terminal's serial number, as it stands on it.",
    )
    peers: tuple[Network, ...] = Field(
        default=(),
        description="Networks from which it posts without a device key; a terminal of zkteco can send none.",
        examples=[["10.1.2.20/32"]],
    )

    silent_after_seconds: float | None = Field(
        None,
        ge=0,
        le=86_400,
        description="Without a word for so long it is told silent; 0: never. If left out: 180 for zkteco, "
        "which asks every 10 s, never for the others.",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.dialect == "zkteco") != bool(self.serial):
            raise ValueError("zkteco needs the serial number of the terminal, the others have none")
        if self.dialect == "zkteco" and not self.peers:
            raise ValueError("zkteco needs peers = [CIDR, …]: such a terminal can send no key")
        return self

    @property
    def silence_seconds(self) -> float:
        """0: never."""
        if self.silent_after_seconds is not None:
            return self.silent_after_seconds
        return ZKTECO_SILENT_SECONDS if self.dialect == "zkteco" else 0

    @property
    def path(self) -> str:
        """Below the API's prefix; the device key is checked there."""
        return f"/ingest/{self.id}"

    @property
    def terminal_paths(self) -> tuple[str, ...]:
        """The maker's own."""
        if self.dialect == "zkteco":
            return tuple(f"/iclock/{self.serial}/{what}" for what in zkteco.PATHS)
        return (f"/isapi/{self.id}",) if self.dialect == "hikvision" else ()

    def knows(self, peer: str) -> bool:
        """Whether ``peer`` is in a network that needs no key."""
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self.peers)
