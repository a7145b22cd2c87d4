"""The ``hl7_mllp`` adapter: analyzers that send HL7 v2 results over MLLP, dialling us or dialled by us."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field

from adapters.lab_analyzers.analyzer import NetworkAnalyzer, NetworkConfig, fits, of_peer, owners
from adapters.lab_analyzers.er7 import Header, read_header
from adapters.lab_analyzers.hl7_results import Reader
from adapters.lab_analyzers.mllp import FRAME_MAX_BYTES, MllpCodec
from adapters.lab_analyzers.mllp_sender import MllpSender
from adapters.lab_analyzers.profiles import load_profile
from hub.contract import Frame, Interpretation, MalformedFrame, Sender
from hub.streams import Connection, now_ms, pump
from hub.streams.tcp import Session

_MAX_SENDER_CHARACTERS = 227  # HD, the type of MSH-3 and MSH-4


class Hl7MllpConfig(NetworkConfig):
    """An analyzer that sends HL7 v2 results over MLLP."""

    kind: Literal["hl7_mllp"]
    port: int = Field(
        default=2575, ge=1, le=65535, description="Port to listen on or to dial; devices may share one."
    )
    frame_max_bytes: int = Field(
        default=FRAME_MAX_BYTES, ge=1024, le=256 * 1024 * 1024, description="Longest message."
    )
    frame_seconds: float = Field(
        default=60, gt=0, le=3600, description="A message must be whole within this time."
    )


class Hl7Mllp(NetworkAnalyzer[Hl7MllpConfig]):
    """One analyzer on an MLLP link."""

    Config = Hl7MllpConfig

    @classmethod
    def sessions(cls, members: Sequence[Self]) -> Session:
        return _Sessions(members).serve

    @classmethod
    def senders(cls) -> Mapping[str, Callable[[float], Sender]]:
        return {"mllp": MllpSender, "mllps": MllpSender}

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        return self._reader.interpret(frame, received_ms)

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


def _fits(pattern: str, header: Header, number: int) -> bool:
    if not pattern:
        return True
    whole = header.raw(number)[:_MAX_SENDER_CHARACTERS].decode("latin-1")
    return fits(pattern, whole.replace(header.delimiters.component, "^"), header.text(number))


class _Sessions:
    """The connections of one link."""

    def __init__(self, members: Sequence[Hl7Mllp]) -> None:
        self._members = tuple(members)
        self._frame_max = max(member.config.frame_max_bytes for member in members)
        self._frame_seconds = max(member.config.frame_seconds for member in members)

    async def serve(self, connection: Connection) -> None:
        """Read one connection to its end."""
        codec = MllpCodec(now_ms, self._frame_max)
        accept = self._acceptor(codec, of_peer(self._members, connection), connection.peer)
        await pump(connection, codec, accept, frame_seconds=self._frame_seconds)

    def _acceptor(
        self, codec: MllpCodec, members: list[Hl7Mllp], peer: str
    ) -> Callable[[Frame | MalformedFrame], Awaitable[bytes]]:
        """A plain function: all frames of a chunk are queued for one commit before any is awaited."""
        greeted: set[str] = set()

        def accept(frame: Frame | MalformedFrame) -> Awaitable[bytes]:
            if isinstance(frame, MalformedFrame):
                return self._keep(codec, members, frame, peer)
            header = read_header(frame.raw)
            fitting = owners(
                members, lambda member: isinstance(header, Header) and member.fits_sender(header)
            )
            if len(fitting) != 1:
                reason = "link.ambiguous" if fitting else "link.unmatched"
                return self._keep(codec, [], MalformedFrame(frame.raw, reason, "MSH-3", frame.control), peer)
            fitting[0].greet(greeted)
            return _commit(codec, fitting[0], Frame(frame.raw, frame.control, peer))

        return accept

    def _keep(
        self, codec: MllpCodec, members: list[Hl7Mllp], malformed: MalformedFrame, peer: str
    ) -> Awaitable[bytes]:
        """Quarantine what cannot be read; it is a device's own only when no other one can have sent it."""
        kept = MalformedFrame(malformed.raw, malformed.reason, malformed.place, malformed.control, peer)
        owner = members[0] if len(members) == 1 else None
        outlet = (owner or self._members[0]).outlet
        return outlet.quarantine(kept, codec.reply(kept, accepted=True), attributed=owner is not None)


def _commit(codec: MllpCodec, member: Hl7Mllp, frame: Frame) -> Awaitable[bytes]:
    interpretation = member.understand(frame, now_ms())
    return member.outlet.emit(
        *interpretation.facts,
        frame=frame,
        reply=codec.reply(frame, accepted=True),
        problems=interpretation.problems,
    )
