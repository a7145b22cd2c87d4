"""The E1381 link as a state table, both directions, without I/O and clock: times are seconds of the caller.

What the caller must do: send what ``Reply`` holds; commit what ``Piece`` and ``Message`` hold and then
call ``committed`` or ``refused`` (no ACK leaves before: there is no other way to one); keep what
``Ended`` holds; call ``tick`` at ``deadline``.

A message ends with its L record, or, where it has none, with EOT. What ends otherwise (EOT behind ETB,
silence, a new ENQ, the line) is ``Ended``: kept, never a message.
Source: ASTM E1381-95 sections 6.2 to 6.5, LIS1-A 8; the lenient cases were seen on analyzers.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable
from enum import IntEnum, auto
from typing import ClassVar

from adapters.lab_analyzers.astm.assembly import Assembly, Verdict
from adapters.lab_analyzers.astm.events import Ended, Event, Message, Noted, Outcome, Piece, Reply, Stray
from adapters.lab_analyzers.astm.frames import ACK, ENQ, EOT, NAK, Broken, Control, Frame, FrameReader, Token
from adapters.lab_analyzers.astm.outgoing import Outgoing
from adapters.lab_analyzers.astm.policy import Policy

_BEGINNING = re.compile(rb"[\s\x00]*(?:\xef\xbb\xbf)?(?:H[^A-Za-z0-9\s]|MSH)")

_UNANSWERED = frozenset(("astm.noise", "astm.cut_frame"))


class State(IntEnum):
    """What we wait for; a number, because it is looked up for each token."""

    NEUTRAL = auto()  # an ENQ of theirs
    RECEIVING = auto()  # a frame or EOT
    COMMITTING = auto()  # our own commit; what comes meanwhile waits
    ENQUIRING = auto()  # the answer to our ENQ
    SENDING = auto()  # the answer to our frame
    YIELDED = auto()  # their ENQ, because both had asked and theirs goes first (6.2.7.1)
    RESTING = auto()  # time to pass, after a NAK to our ENQ or an interrupt


class Link:
    """One line. ``open_to_messages`` False answers ENQ with NAK: the sender keeps what it has (6.2.4)."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.state = State.NEUTRAL
        self.deadline: float | None = None
        self.open_to_messages = True
        self._reader = FrameReader(policy.frame_max_bytes, with_checksum=policy.checksum)
        self._assembly = Assembly(policy)
        self._waiting: deque[Token] = deque()
        self._outgoing: list[Outgoing] = []
        self._events: list[Event] = []
        self._now = 0.0

    @property
    def idle(self) -> bool:
        """Nothing is half done: the line may be closed."""
        return self.state in {State.NEUTRAL, State.RESTING} and not self._reader.pending

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Bytes of the line."""
        self._waiting += self._reader.feed(data)
        return self._run(now)

    def committed(self, now: float) -> list[Event]:
        """The piece or message is on disk: now, and only now, it is acknowledged."""
        return self._settle(ACK, now)

    def refused(self, now: float) -> list[Event]:
        """It is not: the sender keeps the frame and sends it again."""
        self._assembly.take_back()
        return self._settle(NAK, now)

    def send(self, message: Outgoing, now: float) -> list[Event]:
        """Queue a message for the other side; its ``Outcome`` comes later."""
        self._outgoing.append(message)
        return self._run(now)

    def withdraw(self, token: object) -> list[Event]:
        """Do not send a message after all, unless its frames are on their way already."""
        under_way = self.state in {State.ENQUIRING, State.SENDING}
        for message in self._outgoing[1:] if under_way else list(self._outgoing):
            if message.token is token:
                self._outgoing.remove(message)
                self._events.append(Outcome(token, "astm.withdrawn"))
        return self._told()

    def tick(self, now: float) -> list[Event]:
        """Time has passed: act if a deadline is over."""
        if self.deadline is not None and now >= self.deadline:
            self._now, self.deadline = now, None
            self._ON_TIME[self.state](self)
        return self._run(now)

    def close(self) -> list[Event]:
        """The line is gone; what is not whole is Ended, what was not delivered has failed."""
        self._waiting += self._reader.close()
        self._leave(self._waiting)
        self._waiting.clear()
        self._end("astm.line_closed")
        for message in self._outgoing:
            self._events.append(Outcome(message.token, "astm.line_closed"))
        self._outgoing.clear()
        self._enter(State.NEUTRAL)
        return self._told()

    def _run(self, now: float) -> list[Event]:
        self._now = now
        while self._waiting and self.state is not State.COMMITTING:
            token = self._waiting.popleft()
            kind = token if isinstance(token, Control) else type(token)
            handler = self._NEXT.get((self.state, kind))
            if handler is not None:
                handler(self, token)
            elif isinstance(token, Broken):
                self._events.append(Stray(token.raw, token.reason))
            else:
                self._note("astm.unexpected")
        if self.state is State.NEUTRAL:
            self._watch_or_enquire()
        return self._told()

    def _watch_or_enquire(self) -> None:
        """A frame that nobody announced has its time too; behind it, or without one, it is our turn."""
        if not self._reader.pending:
            self.deadline = None
            if self._outgoing:
                self._enquire()
        elif self.deadline is None:
            self.deadline = self._now + self.policy.next_frame_seconds

    def _told(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def _enter(self, state: State, seconds: float | None = None) -> None:
        self.state = state
        self.deadline = None if seconds is None else self._now + seconds

    def _reply(self, data: bytes) -> None:
        self._events.append(Reply(data))

    def _note(self, code: str) -> None:
        self._events.append(Noted(code))

    # Receiving.

    def _greet(self, _token: Token) -> None:
        if not self.open_to_messages:
            self._reply(NAK)
            self._enter(State.NEUTRAL)
            return
        self._assembly.begin()
        self._reply(ACK)
        self._enter(State.RECEIVING, self.policy.next_frame_seconds)

    def _greet_again(self, token: Token) -> None:
        """The sender began anew: what it had not finished is no message."""
        self._end("astm.restarted")
        self._greet(token)

    def _take_unasked(self, token: Token) -> None:
        """A frame without ENQ before it, as some machines send it: taken only where a message begins.

        The rest of a session that fell silent gets NAK, so that its sender begins again too.
        """
        assert isinstance(token, Frame)
        self._note("astm.no_enquiry")
        if not self.open_to_messages or not _BEGINNING.match(token.text):
            self._reply(NAK)
            return
        self._assembly.begin()
        self._take(token)

    def _take(self, token: Token) -> None:
        assert isinstance(token, Frame)
        verdict = self._assembly.take(token)
        if verdict.note:
            self._note(verdict.note)
        self._ANSWER[verdict](self)

    def _commit(self) -> None:
        event: Event = Piece(self._assembly.newest)
        if self._assembly.is_whole:
            event = Message(self._assembly.text, answered=True)
        self._events.append(event)
        self._enter(State.COMMITTING)

    def _accept_again(self) -> None:
        self._reply(ACK)
        self._enter(State.RECEIVING, self.policy.next_frame_seconds)

    def _reject(self) -> None:
        self._reply(NAK)
        self._enter(State.RECEIVING, self.policy.next_frame_seconds)

    def _reject_broken(self, token: Token) -> None:
        """What an STX cut short has no answer of its own: it would be taken for that to the next frame.

        What is refused its sender keeps; what is not answered we keep.
        """
        assert isinstance(token, Broken)
        self._note(token.reason)
        if token.reason in _UNANSWERED:
            self._events.append(Stray(token.raw, token.reason))
        else:
            self._reject()

    def _settle(self, answer: bytes, now: float) -> list[Event]:
        self._now = now
        if self.state is State.COMMITTING:
            if self._assembly.is_whole and answer == ACK:
                self._assembly.clear()
            self._reply(answer)
            self._enter(State.RECEIVING, self.policy.next_frame_seconds)
        return self._run(now)

    def _finish(self, _token: Token) -> None:
        """EOT: a message without L record is whole if its last frame ended with ETX."""
        if self._assembly.ended_with_etx:
            self._events.append(Message(self._assembly.text, answered=False))
            self._assembly.clear()
        self._end("astm.cut_session")
        self._enter(State.NEUTRAL)

    def _fell_silent(self) -> None:
        self._leave(self._reader.close())
        self._end("astm.silence")
        self._enter(State.NEUTRAL)

    def _leave(self, tokens: Iterable[Token]) -> None:
        self._events += [Stray(token.raw, token.reason) for token in tokens if isinstance(token, Broken)]

    def _end(self, reason: str) -> None:
        if self._assembly.text:
            self._events.append(Ended(self._assembly.text, reason))
        self._assembly.clear()

    # Sending.

    def _enquire(self) -> None:
        self._reply(ENQ)
        self._enter(State.ENQUIRING, self.policy.reply_seconds)

    def _yield(self, _token: Token) -> None:
        self._note("astm.contention")
        self._enter(State.YIELDED, self.policy.yield_seconds)

    def _turned_away(self, _token: Token) -> None:
        self._enter(State.RESTING, self.policy.refused_seconds)

    def _send_next(self, _token: Token) -> None:
        """Their ACK: the next frame, or EOT and the message is delivered."""
        message = self._outgoing[0]
        frame = message.first() if self.state is State.ENQUIRING else message.next()
        if frame is None:
            self._delivered("")
        else:
            self._reply(frame)
            self._enter(State.SENDING, self.policy.reply_seconds)

    def _send_again(self, _token: Token) -> None:
        frame = self._outgoing[0].again()
        if frame is None:
            self._delivered("astm.refused" if self._outgoing[0].is_first else "astm.record_refused")
        else:
            self._reply(frame)
            self._enter(State.SENDING, self.policy.reply_seconds)

    def _interrupted(self, _token: Token) -> None:
        """EOT for an ACK: the frame was taken, and they want the line (6.5.3)."""
        self._delivered("" if self._outgoing[0].is_last else "astm.interrupted")
        self._enter(State.RESTING, self.policy.interrupted_seconds)

    def _overrun(self, token: Token) -> None:
        self._delivered("astm.overrun")
        self._greet(token)

    def _no_reply(self) -> None:
        self._delivered("astm.no_reply")

    def _delivered(self, failure: str) -> None:
        self._reply(EOT)
        self._events.append(Outcome(self._outgoing.pop(0).token, failure))
        self._enter(State.NEUTRAL)

    def _rested(self) -> None:
        self._enter(State.NEUTRAL)

    _ANSWER: ClassVar[dict[Verdict, Callable[["Link"], None]]] = {
        Verdict.NEW: _commit, Verdict.REPEATED: _accept_again, Verdict.RENUMBERED: _commit,
        Verdict.DAMAGED: _reject, Verdict.OUT_OF_ORDER: _reject, Verdict.TOO_LONG: _reject,
    }  # fmt: skip
    _NEXT: ClassVar[dict[tuple[State, object], Callable[["Link", Token], None]]] = {
        (State.NEUTRAL, Control.ENQ): _greet,
        (State.NEUTRAL, Frame): _take_unasked,
        (State.RECEIVING, Frame): _take,
        (State.RECEIVING, Broken): _reject_broken,
        (State.RECEIVING, Control.EOT): _finish,
        (State.RECEIVING, Control.ENQ): _greet_again,
        (State.ENQUIRING, Control.ACK): _send_next,
        (State.ENQUIRING, Control.NAK): _turned_away,
        (State.ENQUIRING, Control.ENQ): _yield,
        (State.SENDING, Control.ACK): _send_next,
        (State.SENDING, Control.NAK): _send_again,
        (State.SENDING, Control.EOT): _interrupted,
        (State.SENDING, Control.ENQ): _overrun,
        (State.YIELDED, Control.ENQ): _greet,
        (State.YIELDED, Frame): _take_unasked,
        (State.RESTING, Control.ENQ): _greet,
        (State.RESTING, Frame): _take_unasked,
    }
    _ON_TIME: ClassVar[dict[State, Callable[["Link"], None]]] = {
        State.NEUTRAL: _fell_silent, State.RECEIVING: _fell_silent, State.ENQUIRING: _no_reply,
        State.SENDING: _no_reply, State.YIELDED: _rested, State.RESTING: _rested,
    }  # fmt: skip
