"""Messages as people look for them: a capture with what became of it. Questions for ``SpoolDesk``.

Captures are opened to say what is in them; their bytes go no further than ``Opened``.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import apsw
import msgspec

from hub.errors import OperatorError
from hub.events import InvalidEvent, decode_event
from hub.identity import id_bytes
from hub.spool.captures import Capture, load_capture
from hub.spool.contents import Contents, Emitted, open_contents
from hub.spool.rows import EPOCH_SHIFT, SEQ_MASK
from hub.spool.schema import single_row
from hub.vault import Sealer

MessageState = Literal["", "understood", "problems", "quarantined", "unmapped"]
MESSAGE_STATES: tuple[MessageState, ...] = get_args(MessageState)
MOST_OPENED = 1000  # captures that one question opens
LARGEST_OPENED_BYTES = 1 << 20  # a list does not open larger ones: pictures in ED segments have megabytes
# A page ends early when it has opened so much: a thousand large ones would fill the memory.
MOST_OPENED_BYTES = 32 << 20
LOOK_BACK_SECONDS = 1.5  # through the events that are kept, newest first
_CHUNK_ROWS = 5000
MOST_FOUND = 500

_BY_STATE: dict[MessageState, str] = {
    "": "",
    "understood": "AND c.id NOT IN (SELECT capture FROM quarantine)",
    "problems": "AND c.id IN (SELECT capture FROM quarantine)",
    "quarantined": "AND c.id IN (SELECT capture FROM quarantine WHERE state = 'WAITING')",
    "unmapped": "",  # by what the capture holds
}
_PAGE = """
    SELECT c.n, c.id, c.device, c.adapter, c.received_ms, c.bytes
    FROM {source}
    WHERE c.received_ms >= :from_ms AND c.received_ms < :to_ms AND (:device IS NULL OR c.device = :device)
      AND (:devices IS NULL OR c.device IN (SELECT value FROM json_each(:devices)))
      AND (c.received_ms, c.n) < (:before_ms, :before_n) {state}
    ORDER BY c.received_ms DESC, c.n DESC LIMIT :rows"""
# Some named ones are looked up one by one: SQLite would walk through all by their time.
_NAMED = "json_each(:named) named CROSS JOIN capture c ON c.id = unhex(named.value)"
_SEALED = "SELECT sealed FROM capture WHERE n = ?"
_PARTS = "SELECT part, reason, place, state FROM quarantine WHERE capture = ? ORDER BY part"
_FORWARDS = "SELECT forward, state, tries, code, at_ms FROM forwarding WHERE capture = ? ORDER BY forward"
_RESULTS = """
    SELECT n, received_ms, CASE WHEN topic GLOB '*/lab-result-v1' AND instr(body, :needle) THEN body END
    FROM event WHERE n < :before ORDER BY n DESC LIMIT :rows"""


class Part(NamedTuple):
    """A part that is or was in quarantine: a code and a place, never the bytes."""

    part: int
    reason: str
    place: str
    state: str


class Delivery(NamedTuple):
    """How far a message is on its way to one other system."""

    forward: str
    state: str
    tries: int
    code: str
    at_ms: int


class Message(NamedTuple):
    """One kept message. ``emitted`` None: it was not opened, for its size or because it cannot be.

    ``repeats``: ids of ``emitted`` that were here from an earlier message when it came.
    """

    n: int
    capture: bytes
    device: str
    adapter: str
    received_ms: int
    bytes: int
    parts: tuple[Part, ...]
    forwards: tuple[Delivery, ...]
    emitted: tuple[Emitted, ...] | None
    repeats: frozenset[str]


class Messages(NamedTuple):
    """A page. ``looked_to``: (received_ms, n) of the last one looked at; None: that was all."""

    found: list[Message]
    looked_to: tuple[int, int] | None


class Opened(NamedTuple):
    """A message with its bytes: personal data, for the adapter that reads them again and nobody else."""

    message: Message
    capture: Capture


class Mentioned(NamedTuple):
    """``captures`` whose events name a specimen, the newest first; ``since_ms``: how far was looked back.

    ``since_ms`` None: there is no event here at all.
    """

    captures: list[bytes]
    since_ms: int | None


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """``from_ms`` inclusive; ``before``: (received_ms, n) of the last one seen; ``named``: only these.

    ``devices``: of any of these.
    """

    device: str | None = None
    state: MessageState = ""
    from_ms: int = 0
    to_ms: int = 2**62
    before: tuple[int, int] = (2**62, 2**62)
    named: tuple[bytes, ...] | None = None
    devices: tuple[str, ...] | None = None


def page(
    db: apsw.Connection,
    sealer: Sealer,
    wanted: MessageFilter,
    limit: int,
    keep: Callable[[Sequence[Emitted]], bool] | None = None,
) -> Messages:
    """The newest first; with ``keep`` only those whose facts it wants, of the next thousand."""
    rows = MOST_OPENED if keep else limit
    named = wanted.named
    source = "capture c" if named is None else _NAMED
    values: dict[str, Any] = {
        "device": wanted.device,
        "devices": None if wanted.devices is None else msgspec.json.encode(wanted.devices).decode(),
        "from_ms": wanted.from_ms,
        "to_ms": wanted.to_ms,
        "before_ms": wanted.before[0],
        "before_n": wanted.before[1],
        "named": msgspec.json.encode([name.hex() for name in named or ()]).decode(),
        "rows": rows,
    }
    found: list[Message] = []
    seen, weight, last = 0, 0, (0, 0)
    # Source and state are words from above, never from outside.
    for n, capture, device, adapter, received_ms, size in db.execute(
        _PAGE.format(source=source, state=_BY_STATE[wanted.state]), values
    ):
        seen, last = seen + 1, (received_ms, n)
        contents = _contents(db, sealer, n, capture) if size <= LARGEST_OPENED_BYTES else None
        weight += size if contents else 0
        emitted = None if contents is None else tuple(contents.emitted)
        if keep is None or (emitted is not None and keep(emitted)):
            repeats = frozenset(contents.repeats if contents else ())
            kept = (_parts(db, capture), _forwards(db, capture), emitted, repeats)
            found.append(Message(n, capture, device, adapter, received_ms, size, *kept))
        if len(found) == limit or weight > MOST_OPENED_BYTES:
            return Messages(found, last)
    return Messages(found, last if seen == rows else None)


def opened(db: apsw.Connection, sealer: Sealer, capture: bytes) -> Opened:
    """Raises OperatorError."""
    kept = load_capture(db, sealer, capture)
    contents: Contents = kept.contents
    message = Message(
        0,
        kept.id,
        kept.device,
        kept.adapter,
        kept.received_ms,
        len(contents.raw),
        _parts(db, capture),
        _forwards(db, capture),
        tuple(contents.emitted),
        frozenset(contents.repeats),
    )
    return Opened(message, kept)


def mentioned(db: apsw.Connection, specimen: str) -> Mentioned:
    """By the results that wait here or were receipted lately (72 h): captures are sealed, nobody opens all.

    It ends after 1.5 seconds or 500 captures, and says how far it came.
    """
    deadline = time.monotonic() + LOOK_BACK_SECONDS
    needle = b'"specimen":' + msgspec.json.encode(specimen)
    before, since_ms = 2**62, None
    captures: dict[bytes, None] = {}
    while time.monotonic() < deadline and len(captures) < MOST_FOUND:
        rows: list[Any] = db.execute(
            _RESULTS, {"needle": needle, "before": before, "rows": _CHUNK_ROWS}
        ).fetchall()
        captures |= dict.fromkeys(name for _, _, body in rows if body and (name := _named_by(body)))
        if rows:
            before, since_ms = rows[-1][0], rows[-1][1]
        if len(rows) < _CHUNK_ROWS:
            break
    return Mentioned(list(captures), since_ms)


Way = Literal["waiting", "receipted", "unsendable"]


class Sent(NamedTuple):
    """Where an event is: ``epoch_number`` and ``seq`` are 0 for one whose row is gone, with its receipt."""

    way: Way
    epoch_number: int = 0
    seq: int = 0


def ways(db: apsw.Connection, events: Iterable[str]) -> dict[str, Sent]:
    """How far each event is on its way to the hub; a row goes only after its receipt."""
    epochs: list[Any] = db.execute("SELECT number, receipt_seq FROM epoch").fetchall()
    receipts: dict[int, int] = dict(epochs)
    return {event: _way(db, event, receipts) for event in events}


def _way(db: apsw.Connection, event: str, receipts: dict[int, int]) -> Sent:
    name = id_bytes(event)
    n: int | None = db.execute("SELECT n FROM event WHERE id = ?", (name,)).get
    if n is not None:
        number, seq = n >> EPOCH_SHIFT, n & SEQ_MASK
        return Sent("receipted" if seq <= receipts.get(number, 0) else "waiting", number, seq)
    moved = db.execute("SELECT 1 FROM unsendable WHERE id = ?", (name,)).get
    return Sent("unsendable" if moved else "receipted")


def _named_by(body: bytes) -> bytes | None:
    try:
        return bytes.fromhex(decode_event(body).capture) or None
    except (InvalidEvent, ValueError):
        return None


def _contents(db: apsw.Connection, sealer: Sealer, n: int, capture: bytes) -> Contents | None:
    (sealed,) = single_row(db, _SEALED, (n,))
    try:
        return open_contents(sealer.open(capture, sealed))
    except OperatorError:
        return None


def _parts(db: apsw.Connection, capture: bytes) -> tuple[Part, ...]:
    return tuple(Part(*row) for row in db.execute(_PARTS, (capture,)))


def _forwards(db: apsw.Connection, capture: bytes) -> tuple[Delivery, ...]:
    return tuple(Delivery(*row) for row in db.execute(_FORWARDS, (capture,)))
