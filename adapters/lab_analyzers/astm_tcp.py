"""The ``astm_tcp`` adapter: analyzers that speak ASTM E1381/E1394 over TCP, dialling us or dialled by us."""

from collections.abc import Awaitable, Sequence
from functools import cached_property
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from adapters.lab_analyzers.analyzer import (
    AnalyzerConfig,
    NetworkAnalyzer,
    NetworkConfig,
    fits,
    of_peer,
    owners,
)
from adapters.lab_analyzers.astm.policy import Policy
from adapters.lab_analyzers.astm.records import Records, read_records
from adapters.lab_analyzers.astm.results import AstmReader
from adapters.lab_analyzers.astm_line import AstmLine, Desk, keep_unfinished
from adapters.lab_analyzers.profiles import load_profile
from hub.contract import Frame, Interpretation, MalformedFrame, Outlet
from hub.streams import Connection, now_ms
from hub.streams.tcp import Session

_MAX_SENDER_CHARACTERS = 227


class AstmLink(BaseModel):
    """How a device frames its messages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    checksum: bool = Field(
        default=True, description="Whether its frames carry a checksum, and it wants ours."
    )
    numbering: Literal["strict", "resync", "ignore"] = Field(
        default="resync",
        description="A frame out of order: refused (strict), taken when its checksum is right (resync), "
        "or numbers are not looked at (ignore).",
    )
    frame_max_bytes: int = Field(default=64 * 1024, ge=247, le=1024 * 1024, description="Longest frame.")
    message_max_bytes: int = Field(
        default=16 * 1024 * 1024,
        ge=1024,
        le=256 * 1024 * 1024,
        description="Longest message, its frames joined.",
    )
    send_frame_bytes: int = Field(
        default=240,
        ge=64,
        le=63_993,
        description="Text of a frame that we send: 240 (E1381-95) or 63,993 (LIS1-A).",
    )
    silence_seconds: float = Field(
        default=30, gt=0, le=600, description="A session that is silent for so long has ended."
    )

    def policy(self) -> Policy:
        return Policy(
            checksum=self.checksum,
            numbering=self.numbering,
            frame_max_bytes=self.frame_max_bytes,
            message_max_bytes=self.message_max_bytes,
            send_frame_bytes=self.send_frame_bytes,
            next_frame_seconds=self.silence_seconds,
        )


class AstmTcpConfig(NetworkConfig):
    """An analyzer that sends ASTM records over TCP, also behind a serial server."""

    kind: Literal["astm_tcp"]
    port: int = Field(
        default=12001, ge=1, le=65535, description="Port to listen on or to dial; devices may share one."
    )
    link: AstmLink = Field(default_factory=AstmLink, description="How it frames its messages.")


class AstmTcp(NetworkAnalyzer[AstmTcpConfig]):
    """One analyzer on an ASTM link over TCP."""

    Config = AstmTcpConfig

    @classmethod
    def sessions(cls, members: Sequence[Self]) -> Session:
        return _Sessions(members).serve

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        return self._reader.interpret(frame, received_ms)

    def fits_sender(self, header: object) -> bool:
        """Whether H.5, the sender's name, is this device's."""
        if not isinstance(header, Records):
            return False
        parts = header.header.components(5)
        return fits(self.config.match.sender, "^".join(parts)[:_MAX_SENDER_CHARACTERS], parts[0])

    @cached_property
    def _reader(self) -> AstmReader:
        return reader_of(self.config, self.outlet)


def reader_of(config: AnalyzerConfig, outlet: Outlet) -> AstmReader:
    """What a device's messages mean."""
    profile, zone = load_profile(config.profile), ZoneInfo(config.timezone)
    return AstmReader(profile, outlet.pseudonyms, config.site, zone, config.charset)


class _Sessions:
    """The connections of one link."""

    def __init__(self, members: Sequence[AstmTcp]) -> None:
        self._members = tuple(members)
        self._recovered = False

    async def serve(self, connection: Connection) -> None:
        """Read one connection to its end."""
        members = of_peer(self._members, connection)
        line = (members or self._members)[0]
        counter = _Counter(members, self._members[0], connection.peer)
        if not self._recovered:
            self._recovered = True
            for member in self._members:
                await keep_unfinished(member.outlet, member.outlet.quarantine)
        desk = Desk(line.outlet, counter.take, counter.keep)
        await AstmLine(connection, line.config.link.policy(), desk).run()


class _Counter:
    """Whose messages of a connection are."""

    def __init__(self, members: list[AstmTcp], first: AstmTcp, peer: str) -> None:
        self._members = members
        self._first = first
        self._peer = peer
        self._greeted: set[str] = set()

    def take(self, frame: Frame) -> Awaitable[bytes]:
        fitting = owners(self._members, lambda member: member.fits_sender(read_records(frame.raw)))
        if len(fitting) != 1:
            reason = "link.ambiguous" if fitting else "link.unmatched"
            return self._first.outlet.quarantine(
                MalformedFrame(frame.raw, reason, "H-5", origin=self._peer, pieces=frame.pieces),
                attributed=False,
            )
        member = fitting[0]
        member.greet(self._greeted)
        meaning = member.understand(frame, now_ms())
        return member.outlet.emit(*meaning.facts, frame=frame, problems=meaning.problems)

    def keep(self, malformed: MalformedFrame) -> Awaitable[bytes]:
        """A device's own only when no other one can have sent it."""
        owner = self._members[0] if len(self._members) == 1 else None
        return (owner or self._first).outlet.quarantine(malformed, attributed=owner is not None)
