"""The ``hl7_mllp`` adapter: analyzers that dial in and send HL7 v2 results over MLLP.

Devices with the same host and port share one listener; each frame goes to the one device that its
peer address and its MSH-3/MSH-4 fit, and to none when several or none fit.
"""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from adapters.lab_analyzers.er7 import Header, read_header
from adapters.lab_analyzers.hl7_results import Reader
from adapters.lab_analyzers.mllp import FRAME_MAX_BYTES, MllpCodec
from adapters.lab_analyzers.profiles import Charset, load_profile
from hub.contract import Adapter, DeviceConfig, Frame, Interpretation, MalformedFrame
from hub.errors import ConfigError
from hub.streams import Connection, TcpEndpoint, listen_tcp, now_ms, pump

_LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
_MAX_SENDER_CHARACTERS = 227  # HD, the type of MSH-3 and MSH-4
Network = IPv4Network | IPv6Network


class Match(BaseModel):
    """Which of the traffic of a shared port is this device's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    peer: Network | None = Field(default=None, description="Network that it dials from: 10.1.2.0/24.")
    sender: str = Field(
        default="", description="MSH-3, whole or its first component; `*` stands for any text: `GENEXPERT^*`."
    )
    facility: str = Field(default="", description="MSH-4, compared like `sender`.")


class Hl7MllpConfig(DeviceConfig):
    """An analyzer that sends HL7 v2 results over MLLP."""

    kind: Literal["hl7_mllp"]
    host: str = Field(default="127.0.0.1", description="Address to listen on; off loopback it needs `peers`.")
    port: int = Field(default=2575, ge=1, le=65535, description="Port to listen on; devices may share one.")
    profile: str = Field(
        default="generic", description="How this model writes results: a profile's name or a TOML file."
    )
    match: Match = Field(default_factory=Match, description="Tells devices that share a port apart.")
    peers: tuple[Network, ...] = Field(
        default=(), description="Networks that may dial in; the link is not encrypted."
    )
    timezone: str = Field(
        default="Asia/Ho_Chi_Minh", description="Zone of times that the device sends without one."
    )
    charset: Charset = Field(default="", description="Python codec of its messages where MSH-18 is wrong.")
    frame_max_bytes: int = Field(
        default=FRAME_MAX_BYTES, ge=1024, le=256 * 1024 * 1024, description="Longest message."
    )
    frame_seconds: float = Field(
        default=60, gt=0, le=3600, description="A message must be whole within this time."
    )
    max_connections: int = Field(default=64, ge=1, le=1024, description="Connections at once on the port.")

    @field_validator("profile")
    @classmethod
    def _profile_is_there(cls, name: str) -> str:
        try:
            load_profile(name)
        except ConfigError as error:
            raise ValueError(str(error)) from error
        return name

    @field_validator("timezone")
    @classmethod
    def _zone_is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"no such time zone: {name}") from error
        return name

    @model_validator(mode="after")
    def _plain_link_is_meant(self) -> Self:
        if self.host not in _LOOPBACK and not self.peers:
            raise ValueError("a listener off loopback needs peers = [CIDR, …]: MLLP is not encrypted")
        return self


class Hl7Mllp(Adapter[Hl7MllpConfig]):
    """One analyzer behind an MLLP listener."""

    Config = Hl7MllpConfig

    async def run(self) -> None:
        await self.run_shared([self])

    def link(self) -> Hashable:
        return (self.config.host, self.config.port)

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        return self._reader.interpret(frame, received_ms)

    @classmethod
    async def run_shared(cls, members: Sequence[Self]) -> None:
        """Listen on the members' port until cancelled; raises DeviceUnavailable when it cannot be had."""
        first = members[0].config
        peers = {str(network) for member in members for network in member.config.peers}
        open_to_all = any(not member.config.peers for member in members)
        endpoint = TcpEndpoint(
            first.host,
            first.port,
            () if open_to_all else tuple(sorted(peers)),
            max(member.config.max_connections for member in members),
        )
        await listen_tcp(endpoint, _Sessions(members).serve)

    def fits_peer(self, peer: str) -> bool:
        """Whether what comes from ``peer`` can be this device's."""
        wanted, networks = self.config.match.peer, self.config.peers
        if wanted is None and not networks:
            return True
        address = _address(peer)
        return (
            address is not None
            and (wanted is None or address in wanted)
            and (not networks or any(address in network for network in networks))
        )

    def fits_sender(self, header: Header) -> bool:
        """Whether MSH-3 and MSH-4 are this device's."""
        match = self.config.match
        return _fits(match.sender, header, 3) and _fits(match.facility, header, 4)

    @cached_property
    def _reader(self) -> Reader:
        config = self.config
        return Reader(
            load_profile(config.profile),
            self.outlet.pseudonyms,
            config.site,
            ZoneInfo(config.timezone),
            config.charset,
        )


def _address(peer: str) -> IPv4Address | IPv6Address | None:
    """The address without its zone; IPv4 also where a dual-stack socket shows it as ::ffff:10.1.2.3."""
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _fits(pattern: str, header: Header, number: int) -> bool:
    if not pattern:
        return True
    whole = header.raw(number)[:_MAX_SENDER_CHARACTERS].decode("latin-1")
    whole = whole.replace(header.delimiters.component, "^")
    return fnmatchcase(whole, pattern) or fnmatchcase(header.text(number), pattern)


class _Sessions:
    """The connections of one listener."""

    def __init__(self, members: Sequence[Hl7Mllp]) -> None:
        self._members = tuple(members)
        self._frame_max = max(member.config.frame_max_bytes for member in members)
        self._frame_seconds = max(member.config.frame_seconds for member in members)

    async def serve(self, connection: Connection) -> None:
        """Read one connection to its end."""
        codec = MllpCodec(now_ms, self._frame_max)
        members = [member for member in self._members if member.fits_peer(connection.peer)]
        accept = self._acceptor(codec, members, connection.peer)
        await pump(connection, codec, accept, frame_seconds=self._frame_seconds)

    def _acceptor(
        self, codec: MllpCodec, members: list[Hl7Mllp], peer: str
    ) -> Callable[[Frame | MalformedFrame], Awaitable[bytes]]:
        """A plain function: all frames of a chunk are queued for one commit before any is awaited."""
        greeted: set[str] = set()

        def accept(frame: Frame | MalformedFrame) -> Awaitable[bytes]:
            if isinstance(frame, MalformedFrame):
                return self._keep(codec, members, frame, peer)
            fitting = members if len(members) == 1 and _is_open(members[0]) else _fitting(members, frame.raw)
            if len(fitting) != 1:
                reason = "link.ambiguous" if fitting else "link.unmatched"
                return self._keep(codec, [], MalformedFrame(frame.raw, reason, "MSH-3", frame.control), peer)
            member = fitting[0]
            if member.config.id not in greeted:
                greeted.add(member.config.id)
                member.outlet.health("ONLINE")
            return _commit(codec, member, Frame(frame.raw, frame.control, peer))

        return accept

    def _keep(
        self, codec: MllpCodec, members: list[Hl7Mllp], malformed: MalformedFrame, peer: str
    ) -> Awaitable[bytes]:
        """Quarantine what cannot be read; it is a device's own only when no other one can have sent it."""
        kept = MalformedFrame(malformed.raw, malformed.reason, malformed.place, malformed.control, peer)
        owner = members[0] if len(members) == 1 else None
        outlet = (owner or self._members[0]).outlet
        return outlet.quarantine(kept, codec.reply(kept, accepted=True), attributed=owner is not None)


def _is_open(member: Hl7Mllp) -> bool:
    return not (member.config.match.sender or member.config.match.facility)


def _fitting(members: list[Hl7Mllp], raw: bytes) -> list[Hl7Mllp]:
    header = read_header(raw)
    return [member for member in members if isinstance(header, Header) and member.fits_sender(header)]


def _commit(codec: MllpCodec, member: Hl7Mllp, frame: Frame) -> Awaitable[bytes]:
    interpretation = member.understand(frame, now_ms())
    return member.outlet.emit(
        *interpretation.facts,
        frame=frame,
        reply=codec.reply(frame, accepted=True),
        problems=interpretation.problems,
    )
