"""What every store must do with what it cannot keep, with watermarks, holes and devices."""

from typing import Any

import pytest

from storage.contract import (
    Arrival,
    EventStore,
    Hole,
    StoreReader,
    Watermark,
)
from tests.conformance.store_arrivals import (
    EPOCH_A,
    EPOCH_B,
    NOW,
    From,
    lab,
    poison,
    reading,
    status,
    waiting,
)
from tests.conformance.store_use import all_pages, write


class QuarantineContract:
    """Parts of StoreContract."""

    # quarantine

    async def test_poison_is_kept_once_and_counted_each_time(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        first = await write(store, poison=[poison(b"{"), poison(b"[")])
        again = await write(store, poison=[poison(b"{")])
        assert (first.quarantined, again.quarantined) == (2, 1)
        assert (await reader.figures()).poison == 2
        page = await reader.quarantine(None, limit=10, cursor=None)
        assert len(page.items) == 2
        row = page.items[0]
        assert (row["where"], row["state"], row["reason"]) == ("hub", "WAITING", "event.undecodable")
        assert (row["site"], row["device"], row["edge"], row["bytes"]) == (
            "bv-thong-nhat",
            "genexpert-01",
            "edge-1",
            1,
        )
        assert await reader.quarantined(row["id"]) == row

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"id": "no-uuid"}, "store.bad_id"),
            ({"id": "0123456789ABCDEF0123456789ABCDEF"}, "store.bad_id"),
            ({"supersedes": "x"}, "store.bad_supersedes"),
            ({"time": "yesterday"}, "store.bad_time"),
            ({"time": "2026-11-22T13:45:00"}, "store.bad_time"),
            ({"time": "0001-01-01T00:00:00+14:00"}, "store.bad_time"),
            ({"received": ""}, "store.bad_time"),
        ],
    )
    async def test_an_event_that_cannot_be_stored_is_quarantined(
        self, store: EventStore, reader: StoreReader, changes: dict[str, Any], reason: str
    ) -> None:
        bad = lab("S-bad", From(seq=2), **changes)
        watermark = Watermark("edge-1", EPOCH_A, 3, "x")
        outcome = await write(store, lab("S-1"), bad, lab("S-3", From(seq=3)), watermarks=[watermark])
        assert (outcome.stored, outcome.duplicates, outcome.quarantined) == (2, 0, 1)
        page = await reader.quarantine("WAITING", limit=10, cursor=None)
        assert [row["reason"] for row in page.items] == [reason]
        assert page.items[0]["bytes"] == len(bad.body)
        assert await store.watermarks() == [watermark]
        figures = await reader.figures()
        assert (figures.events, figures.results, figures.poison) == (2, 2, 1)

    async def test_a_number_too_large_is_quarantined(self, store: EventStore, reader: StoreReader) -> None:
        event = lab().event
        huge = Arrival(
            type(event)(**{**{f: getattr(event, f) for f in event.__struct_fields__}, "seq": 2**63}),
            lab().payload,
            b"huge",
        )
        outcome = await write(store, huge, lab("S-2", From(seq=2)))
        assert (outcome.stored, outcome.quarantined) == (1, 1)

    async def test_quarantine_follows_its_events(self, store: EventStore, reader: StoreReader) -> None:
        opened, replayed = waiting(From(seq=1), "c1"), waiting(From(seq=3), "c1", "REPLAYED", time_ms=NOW + 5)
        await write(store, opened, waiting(From(seq=2), "c2", time_ms=NOW + 1), received_ms=NOW + 1)
        await write(store, replayed, waiting(From(seq=2, device="b"), "c3"), received_ms=NOW + 2)
        await write(store, poison=[poison()], received_ms=NOW + 3)
        rows = (await reader.quarantine(None, limit=10, cursor=None)).items
        assert rows[0]["where"] == "hub"
        assert {row["capture"]: row["state"] for row in rows[1:]} == {
            "c1": "REPLAYED",
            "c2": "WAITING",
            "c3": "WAITING",
        }
        only = (await reader.quarantine("REPLAYED", limit=10, cursor=None)).items
        assert [(row["id"], row["bytes"], row["adapter"]) for row in only] == [
            (opened.event.id, 42, "hl7_mllp")
        ]
        assert await reader.quarantined(opened.event.id) == only[0]
        assert await reader.quarantined(replayed.event.id) == only[0]
        assert await reader.quarantined(lab().event.id) is None
        assert await reader.quarantined("no id") is None

        async def ask(cursor: str | None) -> Any:
            return await reader.quarantine(None, limit=1, cursor=cursor)

        assert await all_pages(ask) == rows

    async def test_old_news_of_quarantine_change_nothing(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        await write(store, waiting(From(seq=3), "c1", "REPLAYED"))
        await write(store, waiting(From(seq=1), "c1"))
        rows = (await reader.quarantine(None, limit=10, cursor=None)).items
        assert [row["state"] for row in rows] == ["REPLAYED"]

    # watermarks and holes

    async def test_watermarks_keep_the_order_of_first_sight(self, store: EventStore) -> None:
        b, a = Watermark("edge-1", EPOCH_B, 5, "b5"), Watermark("edge-1", EPOCH_A, 9, "a9")
        await write(store, lab(origin=From(epoch=EPOCH_B)))
        await write(store, watermarks=[a, b])
        assert await store.watermarks() == [b, a]
        await write(
            store, watermarks=[Watermark("edge-1", EPOCH_A, 3, "a3"), Watermark("edge-1", EPOCH_B, 6, "b6")]
        )
        assert await store.watermarks() == [Watermark("edge-1", EPOCH_B, 6, "b6"), a]

    async def test_an_epoch_without_watermark_is_not_told(self, store: EventStore) -> None:
        await write(store, lab())
        assert await store.watermarks() == []
        await write(store, watermarks=[Watermark("edge-1", EPOCH_A, 0, "")])
        assert await store.watermarks() == [Watermark("edge-1", EPOCH_A, 0, "")]

    async def test_holes_may_be_declared_again(self, store: EventStore) -> None:
        hole = Hole("edge-1", EPOCH_A, 4, 9, "pruned")
        await write(store, holes=[hole])
        await write(store, holes=[hole], watermarks=[Watermark("edge-1", EPOCH_A, 9, "")])
        assert len(await store.watermarks()) == 1

    # devices

    async def test_devices_by_their_status_and_messages(self, store: EventStore, reader: StoreReader) -> None:
        fridge = From("fridge-01", "kho-vac-xin")
        await write(
            store,
            status(
                From("genexpert-01", seq=5),
                "ONLINE",
                kind="hl7_mllp",
                profile="generic",
                since=NOW - 5000,
                reason="connected",
            ),
            lab(time_ms=NOW + 60_000, origin=From(seq=6)),
            lab("S-2", time_ms=NOW - 60_000, origin=From(seq=7)),
            reading(origin=fridge),
            lab("S-3", From("unattributed")),
        )
        await write(store, status(From("genexpert-01", seq=4), "OFFLINE", since=NOW - 9000))
        rows = {row["device"]: row for row in await reader.devices()}
        assert rows["genexpert-01"] == {
            "id": "genexpert-01",
            "device": "genexpert-01",
            "site": "bv-thong-nhat",
            "edge": "edge-1",
            "kind": "hl7_mllp",
            "state": "ONLINE",
            "reason": "connected",
            "since": "2026-11-22T13:44:55.000Z",
            "last_message": "2026-11-22T13:46:01.500Z",
            "clock_offset_s": None,
            "profile": "generic",
        }
        assert (rows["fridge-01"]["state"], rows["fridge-01"]["since"]) == ("UNKNOWN", None)
        assert set(rows) == {"genexpert-01", "fridge-01"}

    async def test_a_devices_clock_is_as_last_told(self, store: EventStore, reader: StoreReader) -> None:
        await write(store, status(From(seq=1), "DEGRADED", clock_offset_s=-25_201.0))
        (row,) = await reader.devices()
        assert row["clock_offset_s"] == -25_201.0
        await write(store, status(From(seq=2), "ONLINE"))
        (row,) = await reader.devices()
        assert row["clock_offset_s"] is None

    async def test_a_status_is_no_message(self, store: EventStore, reader: StoreReader) -> None:
        await write(store, status(From(seq=1), "OFFLINE", last_message="2026-11-22T07:00:00+07:00"))
        await write(store, status(From(seq=2), "OFFLINE", since=NOW + 1))
        (row,) = await reader.devices()
        assert row["last_message"] == "2026-11-22T00:00:00.000Z"
