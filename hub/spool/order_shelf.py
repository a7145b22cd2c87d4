"""What people ask about orders: on the desk's own connection, so that no query of a device waits for it."""

import asyncio
from collections.abc import Set
from pathlib import Path

from hub.spool.desk import LARGEST_PAGE, SpoolDesk
from hub.spool.earlier_results import Earlier, EarlierResults, Specimen
from hub.spool.order_rows import OrderEntry, entry_by_number, order_entries


class OrderShelf(SpoolDesk):
    """Questions about the orders of a spool; each raises OperatorError when it takes over two seconds."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._earlier = EarlierResults()
        self._one = asyncio.Lock()  # questions may run in several threads

    async def earlier(self, specimens: Set[Specimen]) -> Earlier | None:
        """Results of these that are here before an order is; None: of none of them is anything asked."""
        if not specimens:
            return None
        async with self._one:
            while await self._ask(self._earlier.follow):
                pass
            return await self._ask(lambda db: self._earlier.find(db, specimens))

    async def order_entries(
        self, specimen: str | None, state: str | None, device: str | None, limit: int, before: int = 2**62
    ) -> list[OrderEntry]:
        """The newest first; ``before``: the n of the last seen. ``device``: whose it is, or who took it."""
        rows = max(1, min(limit, LARGEST_PAGE))
        return await self._ask(lambda db: order_entries(db, specimen, state, device, rows, before))

    async def order_entry(self, number: str) -> OrderEntry | None:
        return await self._ask(lambda db: entry_by_number(db, number))
