"""What edge and hub say to each other beside events: births and wills, receipts, commands (design 3 and 5).

Both import this and not each other.
"""

import re
from typing import Any, Literal

import msgspec

LAST_SEQ = (1 << 31) - 1  # CloudEvents integers have 32 bits with sign; a new epoch starts before
_ID = re.compile(rb'"id":"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"')

encode_json = msgspec.json.Encoder().encode


class PartitionState(msgspec.Struct, frozen=True):
    """Birth or will of a partition's holder; a lower term is an old one's."""

    state: Literal["online", "offline"]
    store: str
    term: int
    at: str


class EdgeState(msgspec.Struct, frozen=True):
    """Retained state of an edge or of one of its devices."""

    state: str
    session: int
    version: str
    since: str
    reason: str


class Receipt(msgspec.Struct, frozen=True):
    """What the hub says of an epoch: everything up to ``seq`` is safe. ``want``: a gap it waits for."""

    store: str
    epoch: str
    seq: int
    id: str
    link: str
    want: tuple[int, int] | None
    at: str


class Command(msgspec.Struct, frozen=True):
    """``args`` hold ids only; ``by`` is a user id."""

    id: str
    at: str
    expires: str
    by: str
    action: str
    args: dict[str, Any]


def readable_id(body: bytes) -> str:
    """The id of an event that may be broken, as the hub tells it in a receipt; "" when it has none."""
    found = _ID.search(body)
    return found[1].decode() if found else ""
