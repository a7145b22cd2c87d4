"""``gate_tcp``: scanners on the network, dialling us or dialled by us, also behind a serial server."""

from collections.abc import Hashable, Sequence
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from adapters.qr_gates.gate import run_gates
from adapters.qr_gates.gate_adapter import GateAdapter
from adapters.qr_gates.gate_config import GateSettings
from adapters.qr_gates.scanner_line import read_nobodys, read_scanner
from hub.contract import DeviceConfig, Outlet
from hub.streams import Connection, TcpEndpoint, dial_tcp, listen_tcp

Network = IPv4Network | IPv6Network
CONNECTIONS_A_GATE = 4  # a scanner that lost its network dials anew before the old line is known to be gone
_LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))


class GateTcpConfig(GateSettings):
    """A gate whose scanner is on the network: it dials us, or we dial it."""

    kind: Literal["gate_tcp"]
    role: Literal["listen", "dial"] = Field(
        default="listen", description="Whether the scanner dials us (listen) or we dial it."
    )
    host: str = Field(
        default="127.0.0.1", description="Address to listen on (off loopback it needs `peers`), or to dial."
    )
    port: int = Field(
        default=4001, ge=1, le=65535, description="Port to listen on or to dial; gates may share one."
    )
    peers: tuple[Network, ...] = Field(
        default=(),
        description="Networks that this gate's scanner dials from: they tell gates on one port apart.",
        examples=[["10.1.2.17/32"]],
    )
    gap_ms: int = Field(
        default=200,
        strict=True,
        ge=20,
        le=5000,
        description="A scanner that sends no terminator: silence that ends a code.",
    )

    @model_validator(mode="after")
    def _plain_link_is_meant(self) -> Self:
        if self.role == "listen" and self.host not in _LOOPBACK and not self.peers:
            raise ValueError("a listener off loopback needs peers = [CIDR, …]: the link is not encrypted")
        return self


class GateTcp(GateAdapter[GateTcpConfig]):
    """One gate, behind a listener that it may share, or a line of its own."""

    Config: ClassVar[type[DeviceConfig]] = GateTcpConfig

    def __init__(self, config: GateTcpConfig, outlet: Outlet) -> None:
        super().__init__(config, outlet)
        self._lines = 0  # that its scanner holds open

    async def run(self) -> None:
        await self.run_shared([self])

    def link(self) -> Hashable:
        return (self.config.role, self.config.host, self.config.port)

    @classmethod
    async def run_shared(cls, members: Sequence[Self]) -> None:
        """Until cancelled; raises DeviceUnavailable when the port cannot be had or the scanner dialled."""
        first = members[0].config
        peers = {str(network) for member in members for network in member.config.peers}
        open_to_all = first.role == "dial" or any(not member.config.peers for member in members)
        endpoint = TcpEndpoint(
            first.host,
            first.port,
            () if open_to_all else tuple(sorted(peers)),
            CONNECTIONS_A_GATE * len(members),
        )
        reach = listen_tcp if first.role == "listen" else dial_tcp
        serve = partial(reach, endpoint, partial(_session, members))
        await run_gates([member.gate for member in members], serve)

    async def read(self, connection: Connection) -> None:
        """One connection of this gate's scanner, to its end."""
        self._lines += 1
        self.gate.condition.line("ONLINE", "scanner_connected")
        try:
            await read_scanner(connection, self.gate, self.config.gap_ms)
        finally:
            self._lines -= 1
            if not self._lines:
                self.gate.condition.line("OFFLINE", "scanner_gone")

    def fits(self, peer: str) -> bool:
        """Whether what comes from ``peer`` can be this gate's scanner."""
        if self.config.role == "dial" or not self.config.peers:
            return True
        address = ip_address(peer)
        return any(address in network for network in self.config.peers)


async def _session(members: Sequence[GateTcp], connection: Connection) -> None:
    """Whose it is must be certain: a code read at the wrong gate counts the wrong way."""
    fitting = [member for member in members if member.fits(connection.peer)]
    if len(fitting) == 1:
        await fitting[0].read(connection)
        return
    outlet, gap_ms = members[0].outlet, members[0].config.gap_ms
    await read_nobodys(connection, outlet, "link.ambiguous" if fitting else "link.unmatched", gap_ms)
