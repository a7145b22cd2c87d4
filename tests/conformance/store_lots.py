"""What every store must do for lots: rows that only grow, numbered in the order of entry."""

from typing import Any

import pytest

from hub.errors import StoreUnavailable
from storage.contract import Batch, EventStore, StoreReader
from storage.lots import LotFilter, Placement
from tests.conformance.store_arrivals import NOW, lab
from tests.conformance.store_use import MakeStore, maintained

DAY = 86_400_000
ANY = LotFilter()


def placement(lot: str = "FD9234", unit: str = "fridge-01", **changes: Any) -> Placement:
    row = Placement(0, lot, "comirnaty", unit, 1170, "2026-12-31", "", NOW, None, 0, "", "k1", NOW + 5)
    return row._replace(**changes)


async def enter(store: EventStore, *rows: Placement) -> None:
    await store.write(Batch(store.term, received_ms=NOW, placements=rows))


class LotsContract:
    """Parts of StoreContract."""

    async def test_what_was_told_of_a_lot_is_given_in_the_order_of_entry(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        first = placement(thawed_ms=NOW - DAY, vvm="VVM7")
        out = placement(unit="", doses=None, from_ms=NOW - 7, corrects=1, reason="used")
        await enter(store, first)
        await enter(store, placement("AB~2"), out)
        assert await reader.placements(["FD9234"]) == [first._replace(number=1), out._replace(number=3)]
        both = await reader.placements(["FD9234", "AB~2", "nobody's", "\0"])
        assert [row.number for row in both] == [1, 2, 3]
        assert await reader.placements([]) == []
        assert [row.number for row in await reader.placements_after(0, limit=2)] == [1, 2]
        assert await reader.placements_after(2, limit=1000) == [out._replace(number=3)]

    async def test_numbers_go_on_after_a_restart_and_nothing_is_removed(
        self, store: EventStore, make_store: MakeStore, reader: StoreReader
    ) -> None:
        await enter(store, placement())
        await maintained(store, NOW + 5000 * DAY)
        await store.close()
        again = make_store()
        await again.open()
        await enter(again, placement(unit="fridge-02"))
        await again.close()
        rows = await reader.placements(["FD9234"])
        assert [(row.number, row.unit) for row in rows] == [(1, "fridge-01"), (2, "fridge-02")]

    async def test_lots_are_found_by_unit_and_product_page_by_page(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        rows = [placement(f"L{n}", unit="fridge-01" if n % 2 else "fridge-02") for n in range(5)]
        await enter(store, *rows, placement("L0"), placement("M1", "fridge-01", product="vero-cell"))
        assert await reader.lots(ANY, "", limit=4) == ["L0", "L1", "L2", "L3"]
        assert await reader.lots(ANY, "L3", limit=4) == ["L4", "M1"]
        assert await reader.lots(LotFilter(unit="fridge-01"), "", limit=9) == ["L0", "L1", "L3", "M1"]
        assert await reader.lots(LotFilter("fridge-01", "vero-cell"), "", limit=9) == ["M1"]
        assert await reader.lots(LotFilter(product="nothing"), "", limit=9) == []

    async def test_placements_are_one_commit_with_their_batch(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        with pytest.raises(StoreUnavailable, match="lease lost"):
            await store.write(Batch(store.term - 1, [lab()], placements=[placement()]))
        assert await reader.lots(ANY, "", limit=9) == []
        await store.write(Batch(store.term, [lab()], received_ms=NOW, placements=[placement()]))
        assert len(await reader.events(0, limit=9)) == 1
        assert await reader.lots(ANY, "", limit=9) == ["FD9234"]
