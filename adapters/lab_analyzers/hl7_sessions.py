"""The connections of one MLLP link: whose a message is, and what becomes of it.

a result        committed, then acknowledged
a query         answered with orders or that there are none, and committed with the answer
an answer       to an order of ours: committed, and answered by nobody
"""

from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from adapters.lab_analyzers.acknowledge import NOT_COMMITTED, acknowledge, trouble
from adapters.lab_analyzers.acknowledgement_mode import answers
from adapters.lab_analyzers.analyzer import of_peer, owners
from adapters.lab_analyzers.er7 import Fault, Header, read_header
from adapters.lab_analyzers.hl7_order_answers import MachineAnswer, is_answer, read_answer
from adapters.lab_analyzers.hl7_order_desk import framed
from adapters.lab_analyzers.hl7_orders import OrderMessage, Written
from adapters.lab_analyzers.hl7_queries import is_query, read_query
from adapters.lab_analyzers.hl7_refusals import ORDER_REFUSED, read_refused
from adapters.lab_analyzers.mllp import MllpCodec
from hub.contract import Frame, MalformedFrame, Order
from hub.errors import NotCommitted
from hub.streams import Connection, now_ms, pump

if TYPE_CHECKING:
    from adapters.lab_analyzers.hl7_mllp import Hl7Mllp

_QUERY_CANCELLED = "QCN"
_RESULTS = frozenset((b"ORU", b"OUL"))


class Sessions:
    """The connections of one link; ``any_peer``: of one that we dialled to a single device."""

    def __init__(self, members: "Sequence[Hl7Mllp]", *, any_peer: bool = False) -> None:
        self._members = tuple(members)
        self._any_peer = any_peer
        self._frame_max = max(member.config.frame_max_bytes for member in members)
        self._frame_seconds = max(member.config.frame_seconds for member in members)

    async def serve(self, connection: Connection) -> None:
        """Read one connection to its end."""
        codec = MllpCodec(now_ms, self._frame_max)
        members = list(self._members) if self._any_peer else of_peer(self._members, connection)
        talk = _Talk(codec, members, self._members[0], connection)
        try:
            await pump(
                connection, codec, talk.accept, frame_seconds=self._frame_seconds, resting=talk.resting
            )
            if connection.reader.exception() is None:
                await talk.taken()
        finally:
            for member in talk.members:
                member.desk.gone(connection)


class _Talk:
    """One connection. ``accept`` is a plain function: what a chunk holds is queued before any is awaited."""

    def __init__(
        self, codec: MllpCodec, members: "list[Hl7Mllp]", first: "Hl7Mllp", connection: Connection
    ) -> None:
        self.members = members
        self._codec = codec
        self._first = first
        self._connection = connection
        self._greeted: set[str] = set()
        self._given: tuple[Hl7Mllp, Frame, Sequence[Order]] | None = None

    def accept(self, frame: Frame | MalformedFrame) -> Awaitable[bytes]:
        if isinstance(frame, MalformedFrame):
            return self._keep(self.members, frame)
        header = read_header(frame.raw)
        if isinstance(header, Fault):
            raise AssertionError("the codec gives frames whose header can be read")
        fitting = owners(self.members, lambda member: member.fits_sender(header))
        if len(fitting) != 1:
            reason = "link.ambiguous" if fitting else "link.unmatched"
            return self._keep([], MalformedFrame(frame.raw, reason, "MSH-3", frame.control))
        member = fitting[0]
        member.greet(self._greeted, lambda: header.text(7))
        member.desk.spoke(self._connection, header)
        return self._of(member, Frame(frame.raw, frame.control, self._connection.peer), header)

    def resting(self) -> None:
        for member in self.members:
            member.desk.resting(self._connection)

    def _of(self, member: "Hl7Mllp", frame: Frame, header: Header) -> Awaitable[bytes]:
        if self._given is None and header.raw(9)[:3] in _RESULTS:  # nearly all there is
            return self._commit(member, frame)
        if is_answer(header):
            answer = read_answer(frame.raw, header, member.config.charset or member.profile.charset)
            message = None if isinstance(answer, Fault) else member.desk.heard(answer)
            return self._answered(member, replace(frame, answer=True), answer, message)
        if is_query(header):
            return self._asked(member, replace(frame, query=True), header)
        if self._given is not None:
            return self._after_taking(member, frame, header)
        return self._commit(member, frame)

    def _commit(self, member: "Hl7Mllp", frame: Frame) -> Awaitable[bytes]:
        meaning = member.understand(frame, now_ms())
        reply = self._codec.reply(frame, accepted=True)
        committed = member.outlet.emit(*meaning.facts, frame=frame, reply=reply, problems=meaning.problems)
        if any(problem.reason == ORDER_REFUSED for problem in meaning.problems):
            return self._given_back(member, frame, committed)
        return committed

    async def _given_back(self, member: "Hl7Mllp", frame: Frame, committed: Awaitable[bytes]) -> bytes:
        header = read_header(frame.raw)
        assert isinstance(header, Header)  # or it would have no such problem
        refused = read_refused(frame.raw, header, member.profile, member.config.charset)
        await member.desk.give_back(refused)
        return await committed

    async def _after_taking(self, member: "Hl7Mllp", frame: Frame, header: Header) -> bytes:
        """A machine that goes on has the answer to its query; one that cancels it (QCN) has not."""
        if header.text(9)[:3].upper() == _QUERY_CANCELLED:
            self._given = None
        await self.taken()
        return await self._commit(member, frame)

    async def taken(self) -> None:
        """The machine has read the orders that stood in our last answer."""
        given, self._given = self._given, None
        if given is not None:
            await given[0].desk.hand_over(given[2])

    async def _asked(self, member: "Hl7Mllp", frame: Frame, header: Header) -> bytes:
        """The answer leaves when the query is kept; what the machine is told is what is so now."""
        if self._given is not None and self._given[1].raw == frame.raw:
            self._given = None  # asked again: it did not get the answer
        await self.taken()
        desk = member.desk
        try:
            written, problems = await self._written(member, frame, header)
            reply = self._accepted(frame) + framed(written.answer)
            meaning = member.understand(frame, now_ms())
            kept = b"" if written.passed else reply  # another's answer may name a person
            await member.outlet.emit(
                *meaning.facts, frame=frame, reply=kept, problems=(*meaning.problems, *problems)
            )
        except NotCommitted:
            return framed(desk.writer.refusal(header, frame.raw, NOT_COMMITTED, desk.now))
        if written.answered:
            self._given = (member, frame, written.answered)
        return reply + desk.offer(written.messages, self._connection)

    async def _written(
        self, member: "Hl7Mllp", frame: Frame, header: Header
    ) -> tuple[Written, Sequence[MalformedFrame]]:
        desk, query = member.desk, read_query(frame.raw, member.profile, member.config.charset)
        if isinstance(query, Fault):
            error = trouble(query.reason, query.place)
            return Written(desk.writer.refusal(header, frame.raw, error, desk.now)), ()
        takes_none = member.config.orders == "none" or member.profile.orders.hl7 == "none"
        passed = None if member.config.orders == "none" else await desk.passed(frame)
        if passed is not None:
            return Written(passed, passed=True), ()
        found = [] if takes_none else await desk.found(query)
        written = desk.writer.answer(query, found, frame.raw, desk.now)
        return written, [
            MalformedFrame(frame.raw, left.reason, left.place, frame.control, frame.origin)
            for left in written.left_out
        ]

    def _accepted(self, frame: Frame) -> bytes:
        """CA, where the machine wants to hear of the arrival as well."""
        wanted = [answer for answer in answers(frame.raw, "stored") if answer == "CA"]
        return b"".join(framed(acknowledge(frame.raw, answer, now_ms())) for answer in wanted)

    async def _answered(
        self,
        member: "Hl7Mllp",
        frame: Frame,
        answer: MachineAnswer | Fault,
        message: OrderMessage | None,
    ) -> bytes:
        """Nobody answers an answer: what goes out is the next message that waits, if any."""
        problems = [*member.understand(frame, now_ms()).problems]
        if message is None and not problems:
            problems.append(
                MalformedFrame(frame.raw, "hl7.late_answer", "MSA-2", frame.control, frame.origin)
            )
        with suppress(NotCommitted):  # what it says is committed all the same, or kept in mind
            await member.outlet.emit(frame=frame, problems=problems)
        if message is not None and not isinstance(answer, Fault):
            member.desk.told(message, answer.code, frame.raw)
            await member.desk.settle(answer, message)
        return member.desk.next_block(self._connection)

    def _keep(self, members: "list[Hl7Mllp]", malformed: MalformedFrame) -> Awaitable[bytes]:
        """Quarantine what cannot be read; it is a device's own only when no other one can have sent it."""
        kept = MalformedFrame(
            malformed.raw, malformed.reason, malformed.place, malformed.control, self._connection.peer
        )
        owner = members[0] if len(members) == 1 else None
        outlet = (owner or self._first).outlet
        return outlet.quarantine(kept, self._codec.reply(kept, accepted=True), attributed=owner is not None)
