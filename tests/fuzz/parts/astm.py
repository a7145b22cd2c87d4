"""What the E1381 frame reader and link promise of any bytes, as receiver and as sender."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random

from adapters.lab_analyzers.astm.events import Ended, Event, Message, Outcome, Piece, Reply, Stray
from adapters.lab_analyzers.astm.frames import ACK, NAK, Broken, Frame, FrameReader, Token, checksum
from adapters.lab_analyzers.astm.link import Link, State
from adapters.lab_analyzers.astm.outgoing import Outgoing
from adapters.lab_analyzers.astm.policy import Policy
from adapters.lab_analyzers.astm_sender import AstmSender
from hub.contract import Settled
from tests.fuzz.parts.cost import CHUNK_BYTES
from tests.fuzz.parts.target import pieces, random_of, require

FILLER = b" \t\r\n\x00"
RECORDS = b"H|\\^&|||A\rP|1\rL|1|N\r"
SESSION = b"\x05" + b"\x021" + RECORDS + b"\x03" + checksum(b"1" + RECORDS + b"\x03") + b"\r\n\x04"
_FRAME = re.compile(rb"\x02([^\x02\x03\x04\x05\x17]*[\x03\x17])[0-9A-Fa-f]{2}")
_LIMITS = (16, 300, 64 * 1024)


def mended(random: Random, data: bytes) -> bytes:
    """Most frames with the checksum that they should have: else nothing gets past it."""

    def right(match: re.Match[bytes]) -> bytes:
        return b"\x02" + match[1] + checksum(match[1]) if random.random() < 0.9 else match[0]

    return _FRAME.sub(right, data)


def check_frames(data: bytes) -> None:
    """Any cut gives the same tokens, and they stand one behind the other in the bytes."""
    random = random_of(data)
    limit, with_checksum = random.choice(_LIMITS), random.random() < 0.7
    whole = tokens([data], FrameReader(limit, with_checksum=with_checksum))
    cut = tokens(pieces(data, random), FrameReader(limit, with_checksum=with_checksum))
    require(cut == whole, "any cut gives the same frames")
    at = 0
    for token in whole:
        at = _behind(token, data, at, with_checksum=with_checksum)
    require(not data[at:].strip(FILLER), "no byte is lost behind the last frame")


def tokens(chunks: Iterable[bytes], reader: FrameReader) -> list[Token]:
    found = [token for chunk in chunks for token in reader.feed(chunk)]
    return found + reader.close()


def _behind(token: Token, data: bytes, at: int, *, with_checksum: bool) -> int:
    """Where ``token`` ends in ``data``, if nothing but fillers stands before it."""
    if isinstance(token, Frame):
        raw = b"\x02%d" % token.number + token.text + (b"\x03" if token.last else b"\x17")
    else:
        raw = token.raw if isinstance(token, Broken) else token.value
    start = data.find(raw, at)
    require(start >= 0 and not data[at:start].strip(FILLER), "no byte is lost between frames")
    return start + len(raw) + (2 if with_checksum and isinstance(token, Frame) else 0)


@dataclass
class Owner:
    """Who drives a link: it commits what it is given, or fails to (``failures``)."""

    link: Link
    failures: Random | None = None
    now: float = 0.0
    said: bytearray = field(default_factory=bytearray)
    pieces: list[bytes] = field(default_factory=list)
    whole: list[bytes] = field(default_factory=list)
    outcomes: list[object] = field(default_factory=list)
    turns: int = 0

    def take(self, events: list[Event]) -> None:
        waiting = list(events)
        while waiting:
            self.turns += 1
            waiting[:0] = self._one(waiting.pop(0))

    def _one(self, event: Event) -> list[Event]:
        match event:
            case Reply(data):
                self.said += data
            case Piece(text):
                return self._commit(self.pieces, text)
            case Message(text, answered):
                if answered:
                    return self._commit(self.whole, text)
                self.whole.append(text)
            case Ended(text, _) | Stray(text, _):
                self.whole.append(text)
            case Outcome(token, _):
                self.outcomes.append(token)
        return []

    def _commit(self, kept: list[bytes], text: bytes) -> list[Event]:
        if self.failures and self.failures.random() < 0.3:
            return self.link.refused(self.now)
        kept.append(text)
        return self.link.committed(self.now)


def check_link(data: bytes) -> None:
    """What was acknowledged is in a message or kept; one answer for one transmission; any cut is the same."""
    random = random_of(data)
    policy = Policy(
        checksum=random.random() < 0.7,
        numbering=random.choice(("strict", "resync", "ignore")),
        frame_max_bytes=random.choice(_LIMITS),
        message_max_bytes=random.choice((200, 1024 * 1024)),
    )
    whole, cut = Owner(Link(policy)), Owner(Link(policy))
    _drive(whole, [data])
    _drive(cut, pieces(data, random))
    require((cut.said, cut.whole) == (whole.said, whole.whole), "any cut gives the same messages")
    restless = Owner(Link(policy), random)
    _drive(restless, pieces(data, random), random)
    for owner in (whole, cut, restless):
        _check_owner(owner, data)
    require(not policy.checksum or _takes_next(whole), "the next session is taken")


def _drive(owner: Owner, chunks: Iterable[bytes], random: Random | None = None) -> None:
    for chunk in chunks:
        owner.take(owner.link.receive(chunk, owner.now))
        if random:
            owner.now += random.choice((0.0, 1.0, 31.0))
            owner.take(owner.link.tick(owner.now))
    owner.take(owner.link.close())


def _check_owner(owner: Owner, data: bytes) -> None:
    require(owner.link.idle and owner.link.state is State.NEUTRAL, "a closed line is idle")
    require(owner.turns <= 10 * len(data) + 100, "no more turns than bytes allow")
    answers = owner.said.count(ACK) + owner.said.count(NAK)
    require(answers <= data.count(b"\x02") + data.count(b"\x05"), "one answer for one transmission")
    at = 0
    for piece in owner.pieces:
        at = next((n for n in range(at, len(owner.whole)) if piece in owner.whole[n]), -1)
        require(at >= 0, "what was acknowledged is in a message or kept")


def _takes_next(owner: Owner) -> bool:
    if owner.link.policy.message_max_bytes < len(RECORDS) or owner.link.policy.frame_max_bytes < len(RECORDS):
        return True
    owner.take(owner.link.receive(SESSION, owner.now))
    return owner.whole[-1:] == [RECORDS]


def check_sending(data: bytes) -> None:
    """Whatever the other side says, each message that we send has exactly one outcome."""
    random = random_of(data)
    owner = Owner(Link(Policy(numbering="resync")), random)
    for chunk in pieces(data, random):
        if random.random() < 0.5:
            message = Outgoing(RECORDS, len(owner.outcomes), owner.link.policy)
            owner.take(owner.link.send(message, owner.now))
        owner.take(owner.link.receive(chunk, owner.now))
        owner.now += random.choice((0.0, 1.0, 11.0, 31.0))
        owner.take(owner.link.tick(owner.now))
    owner.take(owner.link.close())
    require(owner.link.idle, "a closed line is idle")
    _check_sender(data)


def _check_sender(data: bytes) -> None:
    random, sender, now = random_of(data), AstmSender(15.0), 0.0
    steps = sender.send(RECORDS, now)
    for chunk in pieces(data, random):
        steps += sender.receive(chunk, now)
        now += random.choice((0.0, 1.0, 16.0))
        steps += sender.tick(now)
    settled = [step for step in steps if isinstance(step, Settled)]
    require(len(settled) <= 1, "one message is settled once")


def work_frames(data: bytes) -> None:
    tokens([data], FrameReader())


def work_link(data: bytes) -> None:
    _drive(Owner(Link(Policy())), [data])


def feed_endless(start: bytes, more: bytes, size: int, cap: int) -> Iterator[None]:
    """One line: ``start``, then ``more`` again and again; frames and messages of ``cap`` bytes at most."""
    link = Link(Policy(frame_max_bytes=cap, message_max_bytes=cap))
    chunk = (more * (CHUNK_BYTES // len(more) + 1))[:CHUNK_BYTES]
    for part in (start, *(chunk for _ in range(size // CHUNK_BYTES))):
        events = link.receive(part, 0.0)
        while events:
            events = [
                later
                for event in events
                if isinstance(event, Piece | Message)
                for later in link.committed(0.0)
            ]
        yield


def feed_frames(size: int, cap: int) -> Iterator[None]:
    """Frame behind frame of one message that never ends."""
    link = Link(Policy(frame_max_bytes=cap, message_max_bytes=cap))
    link.receive(b"\x05", 0.0)
    text = b"R|1|" + b"x" * 4000
    for number in range(1, size // len(text)):
        covered = b"%d" % (number % 8) + text + b"\x17"
        events = link.receive(b"\x02" + covered + checksum(covered) + b"\r\n", 0.0)
        if any(isinstance(event, Piece | Message) for event in events):
            link.committed(0.0)
        del events
        yield
