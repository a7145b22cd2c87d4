"""The ``astm_tcp`` adapter: analyzers that speak ASTM E1381/E1394 over TCP, dialling us or dialled by us."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Literal, Self

from pydantic import Field, model_validator

from adapters.lab_analyzers.analyzer import NetworkAnalyzer, NetworkConfig, fits, of_peer, owners
from adapters.lab_analyzers.astm.results import AstmReader, sender_of
from adapters.lab_analyzers.astm_device import AstmLink, check_orders, interpreted, reader_of, written_at
from adapters.lab_analyzers.astm_downloads import Downloads
from adapters.lab_analyzers.astm_line import Answer, AstmLine, Desk, keep_unfinished
from adapters.lab_analyzers.astm_orders import OrderDesk
from adapters.lab_analyzers.astm_sender import AstmSender
from adapters.lab_analyzers.astm_unframed import serve_unframed
from adapters.lab_analyzers.profiles import load_anew
from hub.contract import Frame, Interpretation, MalformedFrame, Sender
from hub.streams import Connection, now_ms
from hub.streams.tcp import Session


class AstmTcpConfig(NetworkConfig):
    """An analyzer that sends ASTM records over TCP, also behind a serial server."""

    kind: Literal["astm_tcp"]
    port: int = Field(
        default=12001, ge=1, le=65535, description="Port to listen on or to dial; devices may share one."
    )
    link: AstmLink = Field(default_factory=AstmLink, description="How it frames its messages.")

    @model_validator(mode="after")
    def _takes_orders_so(self) -> Self:
        check_orders(self, self.link)
        return self


class AstmTcp(NetworkAnalyzer[AstmTcpConfig]):
    """One analyzer on an ASTM link over TCP."""

    Config = AstmTcpConfig

    @classmethod
    def sessions(cls, members: Sequence[Self]) -> Session:
        return _Sessions(members).serve

    @classmethod
    def senders(cls) -> Mapping[str, Callable[[float], Sender]]:
        return {"astm": AstmSender}

    @property
    def takes_passed_orders(self) -> bool:
        return self.config.orders == "download"

    async def pass_on(self, raw: bytes) -> bytes:
        return await self.order_desk.pass_on(raw)

    def read_rules_anew(self) -> None:
        load_anew(self.config.profile)
        vars(self).pop("_reader", None)

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        return interpreted(self._reader, frame, received_ms)

    @classmethod
    async def before_link(cls, members: Sequence[Self]) -> None:
        for member in members:
            await keep_unfinished(member.outlet, attributed=len(members) == 1)

    def fits_sender(self, sender: tuple[str, str]) -> bool:
        """Whether a sender's name (``sender_of``) is this device's."""
        return fits(self.config.match.sender, *sender)

    @cached_property
    def order_desk(self) -> OrderDesk:
        return OrderDesk(self.config, self.outlet)

    @cached_property
    def _reader(self) -> AstmReader:
        return reader_of(self.config, self.outlet)


class _Sessions:
    """The connections of one link."""

    def __init__(self, members: Sequence[AstmTcp]) -> None:
        self._members = tuple(members)
        self._downloads = Downloads()

    async def serve(self, connection: Connection) -> None:
        """Read one connection to its end."""
        members = of_peer(self._members, connection)
        first = (members or self._members)[0]
        counter = _Counter(members, self._members[0], connection.peer, self._downloads)
        if first.config.link.framing == "none":
            return await serve_unframed(connection, first.config.link, counter.take, counter.keep)
        desk = Desk(first.outlet, counter.take, counter.keep, counter.answer)
        line = AstmLine(connection, first.config.link.policy(first.config.profile), desk)
        counter.opened(line)
        try:
            await line.run()
        finally:
            await self._downloads.end(line)


class _Counter:
    """Whose messages of a connection are."""

    def __init__(self, members: list[AstmTcp], first: AstmTcp, peer: str, downloads: Downloads) -> None:
        self._members = members
        self._first = first
        self._peer = peer
        self._downloads = downloads
        self._greeted: set[str] = set()
        self._line: AstmLine | None = None

    def opened(self, line: AstmLine) -> None:
        """Only who can be nobody else is sent anything before it was heard."""
        self._line = line
        if len(self._members) == 1 and self._members[0].takes_any_sender:
            self._downloads.begin(self._members[0].order_desk, line)

    async def take(self, frame: Frame) -> bytes:
        fitting = self._owners(frame)
        if len(fitting) != 1:
            reason = "link.ambiguous" if fitting else "link.unmatched"
            return await self._first.outlet.quarantine(
                MalformedFrame(frame.raw, reason, "H-5", origin=self._peer, pieces=frame.pieces),
                attributed=False,
            )
        member = fitting[0]
        member.greet(self._greeted, partial(written_at, frame.raw))
        if self._line:
            self._downloads.begin(member.order_desk, self._line)
        meaning = member.understand(frame, now_ms())
        await member.order_desk.note_refusals(frame)
        return await member.outlet.emit(*meaning.facts, frame=frame, problems=meaning.problems)

    async def answer(self, query: Frame) -> Answer | None:
        fitting = self._owners(query)
        if len(fitting) == 1:
            return await fitting[0].order_desk.answer(query)
        return await self._first.order_desk.no_orders(query)

    def keep(self, malformed: MalformedFrame) -> Awaitable[bytes]:
        """A device's own only when no other one can have sent it."""
        owner = self._members[0] if len(self._members) == 1 else None
        return (owner or self._first).outlet.quarantine(malformed, attributed=owner is not None)

    def _owners(self, frame: Frame) -> list[AstmTcp]:
        return owners(self._members, lambda member: member.fits_sender(sender_of(frame.raw)))
