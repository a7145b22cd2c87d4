"""What the store keeps of vaccine lots: where each was, as people told it, one row after the other.

Nothing is changed or removed: whoever was wrong enters a row that ``corrects`` the wrong one. The rows are a
chain: what it comes to with each row stands in the ledger of incidents (``PLACED``).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple, Protocol

MOST_LOTS = 1000


class Placement(NamedTuple):
    """Since ``from_ms`` the lot is in ``unit``, a device; empty: it was taken out, ``reason`` says why.

    ``number``: by the store, in the order of entry. ``expiry``: its last day, YYYY-MM-DD. ``doses``: as many
    as were put in, None: nobody said. ``vvm``: type of its vial monitor, empty: none. ``thawed_ms``: since
    when somebody said it is thawed. ``corrects``: number of the row that this one replaces, 0: none.
    ``actor``: an id.
    """

    number: int
    lot: str
    product: str
    unit: str
    doses: int | None
    expiry: str
    vvm: str
    from_ms: int
    thawed_ms: int | None
    corrects: int
    reason: str
    actor: str
    at_ms: int


CHAIN_BEGINS = bytes(32)


def link(before: bytes, row: Placement) -> bytes:
    """SHA-256 over the hash before and the row's canonical bytes: its fields as a JSON array in ASCII."""
    return sha256(before + json.dumps(row, separators=(",", ":")).encode()).digest()


@dataclass(frozen=True, slots=True)
class LotFilter:
    """Which lots: None is any; ``unit``: in which a lot is, or once was told to be."""

    unit: str | None = None
    product: str | None = None


class LotReader(Protocol):
    """Part of StoreReader."""

    async def lots(self, wanted: LotFilter, after: str, *, limit: int) -> list[str]:
        """Ids of lots behind ``after``, in their order (at most 1000)."""
        ...

    async def placements(self, lots: Sequence[str]) -> list[Placement]:
        """All that was told of these lots (at most 1000), in the order of entry."""
        ...

    async def placements_after(self, number: int, *, limit: int) -> list[Placement]:
        """All that was told of any lot behind this row, in the order of entry (at most 1000)."""
        ...
