"""What an event must be to be stored: pure rules, shared by both dialects.

An event that fails them goes to quarantine, whole, with the reason given here.
"""

from typing import NamedTuple

from hub.events import UNATTRIBUTED, Event, event_topic, parse_time
from hub.identity import id_bytes, id_text
from storage.contract import Arrival, Poison

HUB_EDGE = "hub"
# Years 1000..9999: strftime does not pad earlier ones, and RFC 3339 has no later ones.
EARLIEST_MS = -30_610_224_000_000
LATEST_MS = 253_402_300_799_999
LARGEST_INTEGER = 2**63 - 1
# An index entry of PostgreSQL holds 2704 bytes (nbtree, a third of a page); honest names have under 200.
LONGEST_NAME_BYTES = 1024
# PostgreSQL keeps no NUL in a text; JSON can write one in this way only.
_ESCAPED_NUL = b"\\u0000"
# Events that tell about a device without a message of its own.
NOT_A_MESSAGE = frozenset({"device.status.v1", "spool.skipped.v1", "alarm.v1", "command.result.v1"})


class UnstorableError(ValueError):
    """One event that no store can hold; the text is its reason in quarantine."""


class Checked(NamedTuple):
    """The fields of an event as the tables keep them; times are Unix milliseconds."""

    id: bytes
    supersedes: bytes
    time_ms: int
    received_ms: int  # at the edge


class Stored(NamedTuple):
    """An event on its way into the log: its number there, and its fields as the tables keep them."""

    number: int
    id: bytes
    supersedes: bytes
    event: Event
    epoch: int
    time_ms: int
    received_ms: int  # at the edge
    arrived_ms: int  # at the hub


def checked(arrival: Arrival) -> Checked:
    """Ids as bytes and times as numbers; raises UnstorableError."""
    event = arrival.event
    found = Checked(
        _id(event.id, "store.bad_id"),
        _id(event.supersedes, "store.bad_supersedes") if event.supersedes else b"",
        _moment(event.time),
        _moment(event.received),
    )
    if not 0 <= event.seq <= LARGEST_INTEGER:
        raise UnstorableError("store.out_of_range")
    if any(_too_long(name) for name in (event.type, event.source, event.subject)):
        raise UnstorableError("store.too_long")
    if _ESCAPED_NUL in arrival.body:
        raise UnstorableError("store.nul")
    return found


def refused(arrival: Arrival, reason: str) -> Poison:
    """How quarantine keeps an event that cannot be stored."""
    event = arrival.event
    topic = event_topic(event.site, event.edge, event.device, event.type)
    return Poison(event.edge, topic, arrival.body, reason)


def is_message(event: Event) -> bool:
    """Whether the event shows that its device spoke (``last_message`` of the devices)."""
    return event.type not in NOT_A_MESSAGE and event.device != UNATTRIBUTED and event.edge != HUB_EDGE


def _id(text: str, reason: str) -> bytes:
    try:
        value = id_bytes(text)
    except ValueError as error:
        raise UnstorableError(reason) from error
    if id_text(value) != text:
        raise UnstorableError(reason)
    return value


def _too_long(name: str) -> bool:
    return len(name) > LONGEST_NAME_BYTES // 4 and len(name.encode()) > LONGEST_NAME_BYTES


def _moment(text: str) -> int:
    try:
        time_ms = parse_time(text)
    except (ValueError, OverflowError) as error:
        raise UnstorableError("store.bad_time") from error
    if not EARLIEST_MS <= time_ms <= LATEST_MS:
        raise UnstorableError("store.bad_time")
    return time_ms
