"""What every store must do with laboratory results."""

from itertools import permutations
from typing import Any

import pytest

from hub.payloads import Call
from storage.contract import (
    BadCursor,
    EventStore,
    LoggedEvent,
    ReadingFilter,
    ResultFilter,
    StoreReader,
    Watermark,
)
from tests.conformance.store_arrivals import (
    EPOCH_A,
    EPOCH_B,
    NOW,
    From,
    lab,
)
from tests.conformance.store_use import all_pages, calls, write


class ResultsContract:
    """Parts of StoreContract."""

    # laboratory results

    async def test_a_result_as_the_api_gives_it(self, store: EventStore, reader: StoreReader) -> None:
        one = lab("S-1", call="POS", ct=23.5, capture="c0ffee")
        await write(store, one)
        (row,) = (await reader.results(ResultFilter(), limit=10, cursor=None)).items
        expected = {
            "id": one.event.id,
            "type": "lab.result.v1",
            "site": "bv-thong-nhat",
            "device": "genexpert-01",
            "time": "2026-11-22T13:45:00.000Z",
            "received": "2026-11-22T13:45:01.500Z",
            "specimen": "S-1",
            "test": {"code": "SARS2", "text": "23.5", "loinc": None},
            "call": "POS",
            "status": "F",
            "order": None,
            "person": None,
            "control": False,
            "edge": "edge-1",
            "subject": "S-1/SARS2/1",
            "timesource": "observation",
            "capture": "c0ffee",
            "supersedes": None,
            "current": True,
        }
        assert {name: row[name] for name in expected} == expected
        assert {**row, "versions": [row]} == await reader.result(one.event.id)
        assert await reader.result(lab("S-2").event.id) is None
        assert await reader.result("no id") is None

    async def test_when_events_came_to_the_hub(self, store: EventStore, reader: StoreReader) -> None:
        one, other = lab("S-1"), lab("S-2")
        await write(store, one, received_ms=NOW + 1)
        await write(store, other, received_ms=NOW + 2)
        unknown = lab("S-3").event.id
        told = await reader.arrivals([one.event.id, unknown, other.event.id, "no id"])
        assert told == {one.event.id: NOW + 1, other.event.id: NOW + 2}
        assert await reader.arrivals([]) == {}

    async def test_filters_and_order(self, store: EventStore, reader: StoreReader) -> None:
        await write(
            store,
            lab("S-1", From(seq=1), time_ms=NOW),
            lab("S-2", From(seq=2, device="abbott-01", site="bv-dong-nai"), call="POS", time_ms=NOW + 10),
            lab("S-3", From(seq=3), call="POS", time_ms=NOW + 5),
        )

        async def found(**wanted: Any) -> list[str]:
            page = await reader.results(ResultFilter(**wanted), limit=10, cursor=None)
            return [row["specimen"] for row in page.items]

        assert await found() == ["S-2", "S-3", "S-1"]
        assert await found(specimen="S-3") == ["S-3"]
        assert await found(site="bv-dong-nai") == ["S-2"]
        assert await found(device="genexpert-01") == ["S-3", "S-1"]
        assert await found(call="POS") == ["S-2", "S-3"]
        assert await found(call="POS", device="genexpert-01") == ["S-3"]
        assert await found(from_ms=NOW + 5) == ["S-2", "S-3"]
        assert await found(to_ms=NOW + 5) == ["S-1"]
        assert await found(site="'; DROP TABLE event; --") == []

    async def test_cursors_are_stable_while_results_come(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        await write(store, *(lab(f"S-{n}", From(seq=n), time_ms=NOW + n // 3) for n in range(1, 31)))
        first = await reader.results(ResultFilter(), limit=7, cursor=None)
        await write(store, *(lab(f"new-{n}", From(seq=30 + n), time_ms=NOW + 50 + n) for n in range(1, 9)))

        async def ask(cursor: str | None) -> Any:
            return await reader.results(ResultFilter(), limit=7, cursor=cursor or first.next_cursor)

        rest = await all_pages(ask)
        specimens = [row["specimen"] for row in (*first.items, *rest)]
        assert sorted(specimens) == sorted(f"S-{n}" for n in range(1, 31))
        assert len((await reader.results(ResultFilter(), limit=0, cursor=None)).items) == 1
        assert len((await reader.results(ResultFilter(), limit=10**9, cursor=None)).items) == 38

    @pytest.mark.parametrize("cursor", ["", "x", "é", "bm9wZQ", "W10", "WyJyZXN1bHRzIiwxXQ", "A" * 5000])
    async def test_a_strange_cursor_is_refused(self, reader: StoreReader, cursor: str) -> None:
        with pytest.raises(BadCursor):
            await reader.results(ResultFilter(), limit=1, cursor=cursor)
        with pytest.raises(BadCursor):
            await reader.readings(ReadingFilter("fridge-01"), limit=1, cursor=cursor)
        with pytest.raises(BadCursor):
            await reader.readings(ReadingFilter("fridge-01", step_ms=5), limit=1, cursor=cursor)
        with pytest.raises(BadCursor):
            await reader.quarantine(None, limit=1, cursor=cursor)

    async def test_a_cursor_of_another_list_is_refused(self, store: EventStore, reader: StoreReader) -> None:
        await write(store, lab("S-1"), lab("S-2", From(seq=2)))
        page = await reader.results(ResultFilter(), limit=1, cursor=None)
        with pytest.raises(BadCursor):
            await reader.quarantine(None, limit=1, cursor=page.next_cursor)

    # versions of one fact

    async def test_epoch_and_seq_decide_whatever_came_first(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        await write(
            store,
            watermarks=[Watermark("edge-1", EPOCH_B, 0, ""), Watermark("edge-1", EPOCH_A, 0, "")],
        )
        places: dict[Call, tuple[str, int]] = {
            "NEG": (EPOCH_B, 8),
            "POS": (EPOCH_B, 9),
            "INVALID": (EPOCH_A, 1),
            "ERROR": (EPOCH_A, 2),
        }
        for number, order in enumerate(permutations(places)):
            device = f"device-{number}"
            for call in order:
                epoch, seq = places[call]
                await write(store, lab("S", From(device, epoch=epoch, seq=seq), call=call, ct=number))
            page = await reader.results(ResultFilter(device=device), limit=10, cursor=None)
            assert calls(page.items) == ["ERROR"], order
            row = await reader.result(page.items[0]["id"])
            assert row is not None
            assert calls(row["versions"]) == list(places), order
            assert [version["current"] for version in row["versions"]] == [False, False, False, True]
        assert (await reader.figures()).results == 24

    async def test_every_version_leads_to_its_fact(self, store: EventStore, reader: StoreReader) -> None:
        old, new = lab(call="POS", status="P"), lab(origin=From(seq=2), call="NEG")
        await write(store, old, new)
        by_old = await reader.result(old.event.id)
        assert by_old is not None
        assert by_old["id"] == new.event.id
        assert by_old == await reader.result(new.event.id)

    @pytest.mark.parametrize(
        ("statuses", "shown"),
        [
            ("F", "F"),
            ("PF", "F"),
            ("FP", "F"),
            ("FC", "C"),
            ("FCP", "C"),
            ("CF", "F"),
            ("FD", "D"),
            ("FDP", "P"),
            ("FX", "X"),
            ("PP", "P"),
        ],
    )
    async def test_a_preliminary_result_never_hides_a_final_one(
        self, store: EventStore, reader: StoreReader, statuses: str, shown: str
    ) -> None:
        for number, order in enumerate(permutations(range(len(statuses)))):
            device = f"device-{number}"
            for place in order:
                one = lab("S", From(device, seq=place + 1), status=statuses[place], ct=place)  # type: ignore[arg-type]
                await write(store, one)
            (row,) = (await reader.results(ResultFilter(device=device), limit=10, cursor=None)).items
            assert row["status"] == shown
            assert row["call"] == "NEG"

    async def test_a_superseding_version_takes_the_place_not_the_end(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        for number, order in enumerate(permutations(range(4))):
            device = f"device-{number}"
            first = lab("S", From(device, seq=1), call="NEG", ct=1)
            middle = lab("S", From(device, seq=2), call="POS", ct=2)
            again = lab("S", From(device, seq=3), call="INVALID", supersedes=first.event.id)
            third = lab("S", From(device, seq=4), call="ERROR", supersedes=again.event.id)
            events = (first, middle, again, third)
            for index in order:
                await write(store, events[index])
            row = await reader.result(first.event.id)
            assert row is not None
            assert calls(row["versions"]) == ["NEG", "INVALID", "ERROR", "POS"], order
            assert row["id"] == middle.event.id, order

    async def test_a_replay_may_mend_the_specimen(self, store: EventStore, reader: StoreReader) -> None:
        for number, order in enumerate(permutations(range(2))):
            device = f"device-{number}"
            wrong = lab("S-wrong", From(device, seq=1), status="F")
            right = lab("S-right", From(device, seq=2), status="P", supersedes=wrong.event.id)
            for index in order:
                await write(store, (wrong, right)[index])
            rows = (await reader.results(ResultFilter(device=device), limit=10, cursor=None)).items
            assert [row["specimen"] for row in rows] == ["S-right"], order
            by_old = await reader.result(wrong.event.id)
            assert by_old is not None
            assert by_old["id"] == right.event.id
            assert [row["specimen"] for row in by_old["versions"]] == ["S-wrong", "S-right"]
        assert (await reader.figures()).results == 2

    async def test_an_edge_supersedes_its_own_events_only(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        mine = lab("S-1", call="POS")
        theirs = lab("S-2", From("x-01", edge="edge-2"), supersedes=mine.event.id)
        await write(store, mine, theirs)
        rows = (await reader.results(ResultFilter(), limit=10, cursor=None)).items
        assert sorted(row["specimen"] for row in rows) == ["S-1", "S-2"]

    async def test_forged_ids_in_a_ring_do_no_harm(self, store: EventStore, reader: StoreReader) -> None:
        a, b = (lab("S", ct=n).event.id for n in (1, 2))
        await write(
            store, lab("S", From(seq=1), id=a, supersedes=b), lab("S", From(seq=2), id=b, supersedes=a)
        )
        assert (await reader.results(ResultFilter(), limit=10, cursor=None)).items == []
        assert await reader.result(a) is not None

    async def test_a_page_ends_early_when_results_are_huge(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        padding = b" " * 250_000
        for number in range(40):
            one = lab(f"S-{number}", From(seq=number + 1), time_ms=NOW + number)
            await write(store, one._replace(body=one.body + padding))

        async def ask(cursor: str | None) -> Any:
            return await reader.results(ResultFilter(), limit=1000, cursor=cursor)

        assert len((await ask(None)).items) < 40
        assert len(await all_pages(ask)) == 40
        logged = await reader.events(0, limit=1000)
        assert len(logged) < 40
        assert logged + await reader.events(logged[-1].number, limit=1000) == await self._log(reader)

    async def _log(self, reader: StoreReader) -> list[LoggedEvent]:
        logged: list[LoggedEvent] = []
        while more := await reader.events(logged[-1].number if logged else 0, limit=7):
            logged += more
        return logged
