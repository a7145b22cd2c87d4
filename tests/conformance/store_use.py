"""How the store's tests write and page."""

from collections.abc import Callable, Iterable
from typing import Any

from storage.contract import (
    Arrival,
    Batch,
    EventStore,
    Outcome,
    Row,
    StoreReader,
)
from tests.conformance.store_arrivals import (
    NOW,
)

MakeStore = Callable[[], EventStore]
MakeReader = Callable[[], StoreReader]
MOST_SLICES = 10_000


async def write(store: EventStore, *arrivals: Arrival, received_ms: int = NOW, **parts: Any) -> Outcome:
    return await store.write(Batch(store.term, arrivals, received_ms=received_ms, **parts))


async def all_pages(ask: Callable[[str | None], Any]) -> list[Row]:
    items: list[Row] = []
    cursor: str | None = None
    while True:
        page = await ask(cursor)
        items += page.items
        if (cursor := page.next_cursor) is None:
            return items


def calls(rows: Iterable[Row]) -> list[str]:
    return [row["call"] for row in rows]


async def maintained(store: EventStore, now_ms: int) -> None:
    """All maintenance that is due at ``now_ms``."""
    for _ in range(MOST_SLICES):
        if not await store.maintain(now_ms):
            return
    raise AssertionError(f"more to do after {MOST_SLICES} slices")
