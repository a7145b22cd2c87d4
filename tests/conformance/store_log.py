"""What every store must do with its log: identity, lease, duplicates."""

import asyncio

import pytest

from hub.errors import StoreUnavailable
from storage.contract import (
    Arrival,
    Batch,
    EventStore,
    StoreReader,
    Watermark,
)
from tests.conformance.store_arrivals import (
    EPOCH_A,
    EPOCH_B,
    From,
    lab,
    poison,
    reading,
)
from tests.conformance.store_use import MakeStore, write


class LogContract:
    """Parts of StoreContract."""

    # identity and lease

    async def test_the_id_stays_and_the_term_grows(self, make_store: MakeStore) -> None:
        first = make_store()
        await first.open()
        seen = (first.store_id, first.term)
        await first.close()
        second = make_store()
        await second.open()
        assert len(second.store_id) == 16
        assert int(second.store_id, 16) >= 0
        assert second.store_id == seen[0]
        assert second.term > seen[1]
        await second.renew_store_id()
        renewed = second.store_id
        await second.close()
        assert renewed != seen[0]
        third = make_store()
        await third.open()
        assert third.store_id == renewed
        await third.close()

    async def test_a_lost_lease_writes_nothing(self, store: EventStore, reader: StoreReader) -> None:
        batch = Batch(store.term - 1, [lab()], [poison()], [Watermark("edge-1", EPOCH_A, 1, "x")])
        with pytest.raises(StoreUnavailable, match="lease lost"):
            await store.write(batch)
        assert await reader.events(0, limit=10) == []
        assert await store.watermarks() == []
        assert (await reader.figures()).poison == 0

    async def test_a_closed_store_refuses(self, make_store: MakeStore) -> None:
        store = make_store()
        with pytest.raises(StoreUnavailable):
            await store.write(Batch(1))
        await store.open()
        await store.close()
        with pytest.raises(StoreUnavailable):
            await store.watermarks()

    async def test_links_are_kept_by_partition(self, store: EventStore, make_store: MakeStore) -> None:
        assert await store.link(3) is None
        await store.renew_link(3, "one")
        await store.renew_link(3, "two")
        await store.renew_link(4, "other")
        await store.close()
        again = make_store()
        await again.open()
        assert (await again.link(3), await again.link(4)) == ("two", "other")
        await again.close()

    # the log

    async def test_the_log_has_bodies_as_they_came(self, store: EventStore, reader: StoreReader) -> None:
        first, second = lab("S-1"), lab("S-2", From(seq=2))
        outcome = await write(store, first, second)
        assert (outcome.stored, outcome.duplicates, outcome.quarantined) == (2, 0, 0)
        logged = await reader.events(0, limit=10)
        assert [(event.type, event.body) for event in logged] == [
            ("lab.result.v1", first.body),
            ("lab.result.v1", second.body),
        ]
        assert logged[-1].number == outcome.last_number
        assert await reader.events(logged[0].number, limit=10) == logged[1:]
        assert await reader.events(outcome.last_number, limit=10) == []

    async def test_a_type_that_nobody_knows_is_logged(self, store: EventStore, reader: StoreReader) -> None:
        known = lab()
        unknown = Arrival(lab(type="gate.scan.v9").event, None, known.body)
        assert (await write(store, unknown)).stored == 1
        assert [event.type for event in await reader.events(0, limit=10)] == ["gate.scan.v9"]

    async def test_only_the_id_makes_a_duplicate(self, store: EventStore, reader: StoreReader) -> None:
        await write(store, lab("S-1"))
        resent = lab("S-1", From(epoch=EPOCH_B, seq=77))
        same_place = lab("S-2")
        outcome = await write(store, resent, same_place, same_place)
        assert (outcome.stored, outcome.duplicates) == (1, 2)
        assert (await reader.figures()).events == 2

    async def test_concurrent_batches_get_dense_numbers_in_order(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        batches = [[lab(f"S-{n}-{k}", From(seq=n * 5 + k + 1)) for k in range(5)] for n in range(20)]
        outcomes = await asyncio.gather(*(write(store, *batch) for batch in batches))
        logged = await reader.events(0, limit=1000)
        assert [event.body for event in logged] == [one.body for batch in batches for one in batch]
        assert [outcome.last_number for outcome in outcomes] == [event.number for event in logged[4::5]]

    async def test_readers_see_whole_batches_only(self, store: EventStore, reader: StoreReader) -> None:
        async def fill() -> None:
            for n in range(30):
                await write(store, *(lab(f"S-{n}-{k}", From(seq=n * 10 + k + 1)) for k in range(10)))

        filling = asyncio.create_task(fill())
        sizes = []
        while not filling.done():
            sizes.append(len(await reader.events(0, limit=1000)))
        await filling
        assert all(size % 10 == 0 for size in sizes)
        assert len(await reader.events(0, limit=1000)) == 300

    # figures

    async def test_figures_count_what_there_is(self, store: EventStore, reader: StoreReader) -> None:
        watermark = Watermark("edge-1", EPOCH_A, 2, "x")
        await write(
            store,
            lab(call="POS"),
            lab(origin=From(seq=2)),
            reading(),
            poison=[poison()],
            watermarks=[watermark],
        )
        figures = await reader.figures()
        assert (figures.store, figures.schema) == (store.store_id, figures.schema)
        assert (figures.last_number, figures.events, figures.results) == (3, 3, 1)
        assert (figures.readings, figures.poison, figures.watermarks) == (1, 1, (watermark,))
        assert figures.bytes > 0
