"""What analyzers on a network have in common: whose a link is, who may dial in, how profiles are named.

Devices that name the same link share it; what arrives goes to the one device that its peer address and
its sender fit, and to none when several or none fit.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Hashable, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from adapters.lab_analyzers.presence_watch import Presence
from adapters.lab_analyzers.settings import OrderingConfig
from hub.contract import Adapter
from hub.errors import EpihubError, first_of
from hub.streams import Connection, TcpEndpoint, dial_tcp, listen_tcp
from hub.streams.tcp import Session

_LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
Network = IPv4Network | IPv6Network


class Match(BaseModel):
    """Which of the traffic of a shared link is this device's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    peer: Network | None = Field(default=None, description="Network that it dials from: 10.1.2.0/24.")
    sender: str = Field(
        default="",
        description="MSH-3 or H.5, whole or its first component; `*` stands for any text: `GENEXPERT^*`.",
    )
    facility: str = Field(default="", description="MSH-4, compared like `sender`.")


class NetworkConfig(OrderingConfig):
    """An analyzer on the network: it dials us, or we dial it (or the serial server it hangs on)."""

    role: Literal["listen", "dial"] = Field(
        default="listen", description="Whether the device dials us (listen) or we dial it."
    )
    host: str = Field(
        default="127.0.0.1", description="Address to listen on (off loopback it needs `peers`), or to dial."
    )
    port: int = Field(ge=1, le=65535, description="Port to listen on or to dial; devices may share one.")
    match: Match = Field(default_factory=Match, description="Tells devices that share a link apart.")
    peers: tuple[Network, ...] = Field(
        default=(), description="Networks that may dial in; the link is not encrypted."
    )
    max_connections: int = Field(default=64, ge=1, le=1024, description="Connections at once on the port.")

    @model_validator(mode="after")
    def _plain_link_is_meant(self) -> Self:
        if self.role == "listen" and self.host not in _LOOPBACK and not self.peers:
            raise ValueError("a listener off loopback needs peers = [CIDR, …]: the link is not encrypted")
        return self


C = TypeVar("C", bound=NetworkConfig)


class NetworkAnalyzer(Adapter[C]):
    """One analyzer behind a listener, or behind a line that we dial."""

    async def run(self) -> None:
        await self.run_shared([self])

    @cached_property
    def presence(self) -> Presence:
        """Its silence and its clock."""
        return Presence(self.config, self.outlet)

    def link(self) -> Hashable:
        return (self.config.role, self.config.host, self.config.port)

    def label_patterns(self) -> tuple[str, str]:
        return self.config.label_patterns

    def known_tests(self) -> dict[str, str]:
        return self.config.known_tests

    @classmethod
    @abstractmethod
    def sessions(cls, members: Sequence[Self]) -> Session:
        """What serves one connection of the members' link."""

    @classmethod
    async def before_link(cls, members: Sequence[Self]) -> None:
        """What must be done before the first byte of the link."""

    def beside(self, tasks: asyncio.TaskGroup) -> None:
        """Start what runs beside the link, and ends with it."""
        tasks.create_task(self.presence.watch(), name=f"presence[{self.config.id}]")

    @classmethod
    async def run_shared(cls, members: Sequence[Self]) -> None:
        """Until cancelled; raises DeviceUnavailable when the port cannot be had or the device dialled."""
        failed: EpihubError | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                for member in members:
                    member.beside(tasks)
                await cls._serve_link(members)
        except* EpihubError as errors:
            failed = first_of(errors)
        if failed is not None:
            raise failed

    @classmethod
    async def _serve_link(cls, members: Sequence[Self]) -> None:
        first = members[0].config
        peers = {str(network) for member in members for network in member.config.peers}
        open_to_all = any(not member.config.peers for member in members)
        endpoint = TcpEndpoint(
            first.host,
            first.port,
            () if open_to_all else tuple(sorted(peers)),
            max(member.config.max_connections for member in members),
        )
        await cls.before_link(members)
        serve = cls.sessions(members)
        await (listen_tcp if first.role == "listen" else dial_tcp)(endpoint, serve)

    def fits_peer(self, peer: str) -> bool:
        """Whether what comes from ``peer`` can be this device's."""
        wanted, networks = self.config.match.peer, self.config.peers
        if self.config.role == "dial" or (wanted is None and not networks):
            return True
        address = _address(peer)
        return (
            address is not None
            and (wanted is None or address in wanted)
            and (not networks or any(address in network for network in networks))
        )

    @property
    def takes_any_sender(self) -> bool:
        return not (self.config.match.sender or self.config.match.facility)

    def greet(self, greeted: set[str], stamp: Callable[[], str]) -> None:
        """It has spoken on this connection: tell so once. ``stamp``: the message's own time."""
        if self.config.id not in greeted:
            greeted.add(self.config.id)
            self.outlet.health("ONLINE")
        self.presence.heard(stamp)


A = TypeVar("A", bound=NetworkAnalyzer[Any])


def of_peer(members: Sequence[A], connection: Connection) -> list[A]:
    """The members whose a connection can be."""
    return [member for member in members if member.fits_peer(connection.peer)]


def owners(members: list[A], fits_sender: Callable[[A], bool]) -> list[A]:
    """The members whose a message can be: exactly one, or nobody's."""
    if len(members) == 1 and members[0].takes_any_sender:
        return members
    return [member for member in members if fits_sender(member)]


def fits(pattern: str, whole: str, first_component: str) -> bool:
    """Whether a sender, written with ``^``, is what ``match`` says."""
    return not pattern or fnmatchcase(whole, pattern) or fnmatchcase(first_component, pattern)


def _address(peer: str) -> IPv4Address | IPv6Address | None:
    """The address without its zone; IPv4 also where a dual-stack socket shows it as ::ffff:10.1.2.3."""
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
