"""What every store must do for destinations: cursor, counts and outbox in one transaction, and their log."""

import pytest

from storage.contract import BadCursor, CursorGone, EventStore, StoreReader
from storage.destinations import (
    DestinationChange,
    DestinationMoved,
    DestinationOrder,
    DestinationRow,
    OutboxCount,
    OutboxRow,
)
from tests.conformance.store_arrivals import DAY, NOW, lab, reading
from tests.conformance.store_use import all_pages, maintained, write

ORDER = "0" * 32
RESULT = "lab.result.v1"


def waiting(number: int, **changed: object) -> OutboxRow:
    row = OutboxRow(number, f"id-{number}", RESULT, ORDER, "waiting", 1, NOW, NOW + 5000, "http.503")
    return row._replace(**changed)  # type: ignore[arg-type]


async def row(reader: StoreReader, name: str = "lis") -> DestinationRow:
    (found,) = [each for each in await reader.destinations() if each.name == name]
    return found


class DestinationsContract:
    """Parts of StoreContract."""

    async def test_a_destination_is_as_far_as_was_settled(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        assert await reader.destinations() == []
        change = DestinationChange("lis", 0, 7, put=[waiting(3), waiting(5)], wanted=5, taken=3, target="t")
        assert await store.settle_destination(change) == 1
        first = await row(reader)
        assert (first.version, first.number, first.wanted, first.taken, first.target) == (1, 7, 5, 3, "t")
        assert await reader.outbox_rows("lis", 0, limit=10) == [waiting(3), waiting(5)]
        dead = waiting(5, state="dead", attempts=2, reason="http.400")
        change = DestinationChange("lis", 1, 9, put=[dead], gone=[3], wanted=1, taken=2, forgotten=4)
        assert await store.settle_destination(change) == 2
        assert await reader.outbox_rows("lis", 0, limit=10) == []
        assert await reader.outbox_rows("lis", 0, limit=10, state="dead") == [dead]
        assert await reader.outbox_counts() == {"lis": OutboxCount(0, 1, 0)}
        then = await row(reader)
        assert then.wanted == then.taken + 1
        assert then.forgotten == 4

    async def test_of_two_deliverers_one_settles(self, store: EventStore, reader: StoreReader) -> None:
        await store.settle_destination(DestinationChange("lis", 0, 7, wanted=7, taken=7))
        with pytest.raises(DestinationMoved):
            await store.settle_destination(DestinationChange("lis", 0, 7, put=[waiting(3)], wanted=7))
        with pytest.raises(ValueError, match="number"):
            await store.settle_destination(DestinationChange("lis", 1, 6, put=[waiting(3)]))
        assert (await row(reader)).taken == 7
        assert await reader.outbox_counts() == {}

    async def test_what_no_outbox_holds_is_refused(self, store: EventStore) -> None:
        for wrong in (
            DestinationChange("Lis", 0),
            DestinationChange("lis", 0, -1),
            DestinationChange("lis", 0, 1, put=[waiting(2**63)]),
            DestinationChange("lis", 0, 1, put=[waiting(1, order="x")]),
            DestinationChange("lis", 0, 1, put=[waiting(1, reason="a\0b")]),
        ):
            with pytest.raises(ValueError, match=r"destination|outbox"):
                await store.settle_destination(wrong)

    async def test_a_person_pauses_replays_and_drops(self, store: EventStore, reader: StoreReader) -> None:
        dead = [waiting(number, state="dead") for number in (2, 4)]
        change = DestinationChange("lis", 0, 9, put=dead, wanted=9, taken=7, disabled="http.410")
        await store.settle_destination(change)
        await store.order_destination(DestinationOrder("lis", paused_by="lan"))
        paused = await row(reader)
        assert (paused.paused_by, paused.paused_since_ms > 0, paused.edited) == ("lan", True, 1)
        again = [waiting(2, attempts=0, first_ms=0), waiting(3, attempts=0, first_ms=0)]
        assert await store.order_destination(DestinationOrder("lis", replay=again, drop=[4, 2, 8])) == 4
        found = await row(reader)
        assert (found.edited, found.replayed, found.dropped, found.version) == (2, 2, 2, 1)
        assert await reader.outbox_rows("lis", 0, limit=10) == again
        assert found.wanted + found.replayed == found.taken + found.dropped + 2
        await store.order_destination(DestinationOrder("lis", paused_by=""))
        resumed = await row(reader)
        assert (resumed.paused_by, resumed.paused_since_ms, resumed.disabled) == ("", 0, "")
        with pytest.raises(LookupError):
            await store.order_destination(DestinationOrder("nobody", paused_by="lan"))

    async def test_a_destination_that_begins_anew_stays_paused(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        await store.settle_destination(DestinationChange("lis", 0, 9, put=[waiting(3)], wanted=1))
        await store.order_destination(DestinationOrder("lis", paused_by="lan"))
        await store.settle_destination(DestinationChange("lis", 1, 2, begin=True, target="other"))
        anew = await row(reader)
        assert (anew.number, anew.wanted, anew.target, anew.paused_by) == (2, 0, "other", "lan")
        assert (anew.version, anew.edited) == (2, 1)
        assert await reader.outbox_counts() == {}

    async def test_the_outbox_is_paged_by_number(self, store: EventStore, reader: StoreReader) -> None:
        rows = [waiting(number) for number in range(1, 8)]
        await store.settle_destination(DestinationChange("lis", 0, 9, put=rows, wanted=7))

        async def ask(cursor: str | None) -> object:
            return await reader.outbox("lis", state="waiting", limit=3, cursor=cursor)

        found = await all_pages(ask)
        assert [each["number"] for each in found] == list(range(1, 8))
        assert found[0] == {
            "number": 1, "event": "id-1", "event_type": RESULT, "state": "waiting", "attempts": 1,
            "first_failed": "2026-11-22T13:45:00.000Z", "next_attempt": "2026-11-22T13:45:05.000Z",
            "reason": "http.503",
        }  # fmt: skip
        with pytest.raises(BadCursor):
            await reader.outbox("lis", state="waiting", limit=3, cursor="x")

    async def test_pages_of_the_log_by_type(self, store: EventStore, reader: StoreReader) -> None:
        assert await reader.feed_page(0, limit=10, types=None) == ([], 0)
        for seq in range(1, 7):
            await write(store, lab(f"S-{seq}") if seq % 2 else reading(ts=NOW + seq))
        page = await reader.feed_page(0, limit=2, types=[RESULT])
        assert [event.number for event in page.events] == [1, 3]
        assert page.last == 3
        page = await reader.feed_page(3, limit=10, types=[RESULT])
        assert [event.number for event in page.events] == [5]
        assert page.last == 6
        every = await reader.feed_page(0, limit=10, types=None)
        assert [event.number for event in every.events] == [1, 2, 3, 4, 5, 6]
        assert await reader.logged([5, 2, 99]) == [every.events[1], every.events[4]]

    async def test_a_cursor_before_the_log_is_told(self, store: EventStore, reader: StoreReader) -> None:
        await write(store, reading())
        await write(store, lab(), received_ms=NOW + 8 * DAY)
        await maintained(store, NOW + 9 * DAY)
        with pytest.raises(CursorGone) as gone:
            await reader.feed_page(0, limit=10, types=None)
        page = await reader.feed_page(gone.value.first - 1, limit=10, types=None)
        assert [event.number for event in page.events] == [2]
