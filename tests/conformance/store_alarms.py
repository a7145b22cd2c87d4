"""What every store must do for alarms: a ledger in the transaction of its events, and readings to judge."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from hub.alarms.episodes import Episode
from hub.alarms.incidents.actions import Acknowledge, PutBack, Suppress, TakeOut
from hub.alarms.incidents.book import Book, Finding
from hub.alarms.incidents.entries import Entry, Head
from hub.alarms.incidents.rows import book_from, changes_of, entry_from, entry_row
from hub.alarms.rules import INFINITE, Condition, Rule
from hub.backup.verify import verify_alarms
from hub.errors import StoreUnavailable
from hub.payloads import Alarm
from hub.sink.born import born
from storage.contract import Arrival, BadCursor, Batch, EventStore, Outcome, StoreReader
from storage.incidents import AlarmSetting, EntryRow, IncidentFilter, Judged, LedgerMoved, Measured
from tests.conformance.store_arrivals import DAY, NOW, From, lab, reading
from tests.conformance.store_use import MakeStore, maintained, write

HOUR = 3600 * 1000
HEAT = Rule("HEAT", "temp.vaccine", Condition(">", 8000), HOUR, "warning", HOUR, "fridge@1")
NURSE = "3fb1c2aa"
ALL = IncidentFilter()


def warm(start_ms: int = NOW, cleared_ms: int | None = None, device: str = "fridge-01") -> Finding:
    found = Episode(
        device,
        HEAT.metric,
        HEAT.code,
        HEAT.version,
        start_ms,
        start_ms + HOUR,
        cleared_ms,
        "warning",
        False,
        9125,
    )
    return Finding("kho-vac-xin", device, HEAT, (found,))


def judged(cursor: int | None) -> Judged | None:
    return None if cursor is None else Judged(cursor, NOW)


class Keeper:
    """A book and the store that it is written to."""

    def __init__(self, store: EventStore) -> None:
        self.store = store
        self.book = Book()

    async def enter(
        self, do: Callable[[Book], list[Entry]], *, cursor: int | None = None, before: Head | None = None
    ) -> Outcome:
        head = self.book.head
        changes = changes_of(self.book, head, do(self.book), judged(cursor))
        if before is not None:
            changes = replace(changes, before=before.number)
        return await self.store.write(Batch(self.store.term, received_ms=NOW, alarms=changes))

    async def assess(self, *findings: Finding, at_ms: int = NOW + HOUR, cursor: int | None = None) -> Outcome:
        return await self.enter(lambda book: book.assess(findings, at_ms), cursor=cursor)


async def ledger(reader: StoreReader) -> list[Entry]:
    """All of it, by small pages."""
    found: list[EntryRow] = []
    while page := await reader.incident_entries(found[-1].number if found else 0, limit=2):
        found += page
    return [entry_from(row) for row in found]


class AlarmsContract:
    """Parts of StoreContract."""

    async def test_alarms_begin_with_nothing(self, store: EventStore, reader: StoreReader) -> None:
        standing = await reader.alarm_standing(0)
        assert (standing.judged.cursor, standing.number, standing.hash) == (0, 0, bytes(32))
        assert book_from(standing) == Book()
        assert (await reader.incidents(ALL, limit=10, cursor=None)).items == []
        assert await reader.incident("x") is None
        assert await ledger(reader) == []

    async def test_entries_incidents_events_and_cursor_are_one_commit(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        keeper = Keeper(store)
        changes = changes_of(keeper.book, Head(), keeper.book.assess([warm()], NOW + HOUR), Judged(7, NOW))
        outcome = await store.write(Batch(store.term, [lab()], received_ms=NOW, alarms=changes))
        assert outcome.stored == 1
        standing = await reader.alarm_standing(INFINITE)
        assert standing.judged == Judged(7, NOW)
        assert book_from(standing) == keeper.book
        assert [entry_row(entry) for entry in await ledger(reader)] == list(changes.entries)
        assert len(await reader.events(0, limit=10)) == 1

    async def test_a_lost_lease_enters_nothing(self, store: EventStore, reader: StoreReader) -> None:
        book = Book()
        changes = changes_of(book, Head(), book.assess([warm()], NOW + HOUR), Judged(7, NOW))
        with pytest.raises(StoreUnavailable, match="lease lost"):
            await store.write(Batch(store.term - 1, [lab()], alarms=changes))
        assert (await reader.alarm_standing(0)).number == 0
        assert await reader.events(0, limit=10) == []

    async def test_what_does_not_follow_the_ledger_is_refused_whole(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        keeper = Keeper(store)
        await keeper.assess(warm(), cursor=7)
        stale = Book()
        changes = changes_of(stale, Head(), stale.assess([warm(NOW + DAY)], NOW + DAY + HOUR), Judged(9, NOW))
        with pytest.raises(LedgerMoved):
            await store.write(Batch(store.term, [lab()], received_ms=NOW, alarms=changes))
        assert await reader.events(0, limit=10) == []
        assert (await reader.alarm_standing(0)).judged.cursor == 7
        assert len(await ledger(reader)) == 1
        assert (await write(store, lab())).stored == 1

    async def test_the_cursor_moves_without_entries(self, store: EventStore, reader: StoreReader) -> None:
        keeper = Keeper(store)
        await keeper.assess(warm(), cursor=7)
        await keeper.assess(warm(), cursor=12)
        await keeper.assess(warm(cleared_ms=NOW + HOUR))
        standing = await reader.alarm_standing(0)
        assert (standing.judged.cursor, standing.number) == (12, 2)

    async def test_settings_stay_as_they_were_first_written(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        fridge = AlarmSetting("unit/fridge-01", NOW, b"{}")
        profile = AlarmSetting("profile/fridge@1", NOW - 1, b'{"rules":[]}')
        for settings in ([fridge], [profile, AlarmSetting("unit/fridge-01", NOW + 1, b"[]")]):
            changes = changes_of(Book(), Head(), [], settings=settings)
            await store.write(Batch(store.term, received_ms=NOW, alarms=changes))
        standing = await reader.alarm_standing(0)
        assert standing.settings == [profile, fridge]
        assert await reader.alarm_settings("unit/") == [fridge]
        assert await reader.alarm_settings("profil/") == []
        assert standing.judged == Judged(0, 0)

    async def test_the_ledger_goes_on_after_a_restart_and_upkeep(
        self, store: EventStore, make_store: MakeStore, reader: StoreReader
    ) -> None:
        keeper = Keeper(store)
        await keeper.assess(warm())
        await maintained(store, NOW + 500 * DAY)
        await store.close()
        again = make_store()
        await again.open()
        keeper.store, keeper.book = again, book_from(await reader.alarm_standing(INFINITE))
        name = next(iter(keeper.book.incidents))
        await keeper.enter(lambda book: book.act(name, Acknowledge(NURSE, "đã xem"), NOW + 2 * HOUR))
        await again.close()
        entries = await ledger(reader)
        assert [(entry.number, entry.note) for entry in entries] == [(1, ""), (2, "đã xem")]
        assert Book.of(entries) == keeper.book

    async def test_the_ledger_proves_itself(self, store: EventStore, reader: StoreReader) -> None:
        keeper = Keeper(store)
        await keeper.assess(warm(), warm(device="fridge-02"))
        name = next(iter(keeper.book.incidents))
        await keeper.enter(lambda book: book.act(name, Acknowledge(NURSE, "đã xem"), NOW + 2 * HOUR))
        findings = await verify_alarms(reader)
        assert [finding.good for finding in findings] == [True, True]
        assert findings[0].detail == f"3 entries, {keeper.book.head.hash}"

    async def test_events_of_the_hub_are_given_in_order_and_how_far_they_are_published(
        self, store: EventStore, make_store: MakeStore, reader: StoreReader
    ) -> None:
        def alarm(name: str) -> Arrival:
            told = Alarm(name, "hub.hole", "critical", "RAISED", "edge-1", "2026-11-22T13:45:00.000Z")
            return born("kho-vac-xin", told, name, NOW)

        alarms = [alarm("one"), alarm("two"), alarm("three")]
        await write(store, lab(), alarms[0], reading(), alarms[1])
        await write(store, alarms[2])
        told = await reader.events_of_hub(0, limit=2)
        assert [event.body for event in told] == [alarm.body for alarm in alarms[:2]]
        rest = await reader.events_of_hub(told[-1].number, limit=2)
        assert [(event.type, event.body) for event in rest] == [("alarm.v1", alarms[2].body)]
        assert await store.announced() == 0
        await store.mark_announced(rest[-1].number)
        await store.close()
        again = make_store()
        await again.open()
        assert await again.announced() == rest[-1].number
        await again.close()

    async def test_closed_incidents_are_given_while_they_reach(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        keeper = Keeper(store)
        await keeper.assess(warm(cleared_ms=NOW + HOUR))
        name = next(iter(keeper.book.incidents))
        await keeper.enter(lambda book: book.act(name, Acknowledge(NURSE), NOW + 2 * HOUR))
        assert keeper.book.incidents[name].closed
        assert len((await reader.alarm_standing(NOW + HOUR)).incidents) == 1
        assert len((await reader.alarm_standing(NOW + HOUR + 1)).incidents) == 0

    async def test_a_device_out_of_service_is_known_and_its_incidents_show_it(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        keeper = Keeper(store)
        await keeper.assess(warm(), warm(device="fridge-02"))
        out = TakeOut(NURSE, "sửa", NOW + HOUR)
        await keeper.enter(lambda book: book.act_on_device("kho-vac-xin", "fridge-02", out, NOW))
        read = book_from(await reader.alarm_standing(INFINITE))
        assert read.out_of_service == {"fridge-02"}
        assert read.next_tick_ms() == NOW + HOUR
        rows = (await reader.incidents(ALL, limit=10, cursor=None)).items
        assert {row["device"]: row["state"] for row in rows} == {
            "fridge-01": "UNACK",
            "fridge-02": "OUT_OF_SERVICE",
        }
        back = PutBack(NURSE)
        await keeper.enter(lambda book: book.act_on_device("kho-vac-xin", "fridge-02", back, NOW))
        assert book_from(await reader.alarm_standing(INFINITE)) == keeper.book
        assert not keeper.book.out_of_service

    async def test_incidents_are_listed_those_opened_last_first(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        keeper = Keeper(store)
        for number in range(5):
            await keeper.assess(warm(device=f"fridge-{number}"))
        first = await reader.incidents(ALL, limit=2, cursor=None)
        assert [row["device"] for row in first.items] == ["fridge-4", "fridge-3"]
        second = await reader.incidents(ALL, limit=3, cursor=first.next_cursor)
        assert [row["device"] for row in second.items] == ["fridge-2", "fridge-1", "fridge-0"]
        assert second.next_cursor is None
        with pytest.raises(BadCursor):
            await reader.incidents(ALL, limit=2, cursor="x")

    async def test_incidents_are_found_by_state_site_and_device(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        keeper = Keeper(store)
        await keeper.assess(warm(device="fridge-1"), warm(device="fridge-2"))
        name = next(iter(keeper.book.incidents))
        await keeper.enter(lambda book: book.act(name, Acknowledge(NURSE), NOW))

        async def found(wanted: IncidentFilter) -> list[str]:
            return [row["device"] for row in (await reader.incidents(wanted, limit=9, cursor=None)).items]

        assert await found(IncidentFilter(("ACK",))) == ["fridge-1"]
        assert await found(IncidentFilter(("ACK", "UNACK"))) == ["fridge-2", "fridge-1"]
        assert await found(IncidentFilter((), None)) == []
        assert await found(IncidentFilter(site="kho-vac-xin", device="fridge-2")) == ["fridge-2"]
        assert await found(IncidentFilter(site="nowhere")) == []
        second = next(key for key, each in keeper.book.incidents.items() if each.known.device == "fridge-2")
        assert await found(IncidentFilter(explained_by=name)) == []
        await keeper.enter(lambda book: book.act(second, Suppress(parent=name), NOW))
        assert await found(IncidentFilter(explained_by=name)) == ["fridge-2"]

    async def test_an_incident_as_it_is_told(self, store: EventStore, reader: StoreReader) -> None:
        keeper = Keeper(store)
        await keeper.assess(warm(cleared_ms=NOW + 2 * HOUR), at_ms=NOW + 3 * HOUR)
        name = next(iter(keeper.book.incidents))
        row = await reader.incident(name)
        assert row == (await reader.incidents(ALL, limit=1, cursor=None)).items[0]
        assert row == {
            "id": name,
            "type": "alarm.v1",
            "site": "kho-vac-xin",
            "device": "fridge-01",
            "time": "2026-11-22T13:45:00.000Z",
            "received": "2026-11-22T16:45:00.000Z",
            "kind": "HEAT",
            "metric": "temp.vaccine",
            "version": "fridge@1",
            "severity": "warning",
            "state": "RTN_UNACK",
            "raised": "2026-11-22T14:45:00.000Z",
            "cleared": "2026-11-22T15:45:00.000Z",
            "worst": 9.125,
            "inferred": False,
            "retro": True,
            "latch": False,
            "acknowledged": False,
            "withdrawn": False,
            "merged_into": None,
            "shelved_until": None,
            "suppressed_by": None,
            "assigned_to": None,
            "disposition": None,
            "entry": 1,
        }
        assert await reader.incident("\0") is None

    async def test_the_ledger_of_one_incident(self, store: EventStore, reader: StoreReader) -> None:
        keeper = Keeper(store)
        await keeper.assess(warm(device="fridge-1"), warm(device="fridge-2"))
        first, second = keeper.book.incidents
        await keeper.enter(lambda book: book.act(first, Acknowledge(NURSE), NOW))
        rows = await reader.incident_entries(0, limit=10, incident_id=first)
        assert [row.number for row in rows] == [1, 3]
        assert [row.number for row in await reader.incident_entries(1, limit=10, incident_id=first)] == [3]
        assert [row.number for row in await reader.incident_entries(0, limit=10, incident_id=second)] == [2]
        assert await reader.incident_entries(0, limit=10, incident_id="\0") == []
        of_device = await reader.incident_entries(0, limit=10, device="fridge-1")
        assert [row.number for row in of_device] == [1, 3]
        assert [row.number for row in await reader.incident_entries(1, limit=10, device="fridge-2")] == [2]
        assert [row.id for row in await reader.incident_rows(0, limit=10)] == [first, second]
        assert [row.id for row in await reader.incident_rows(1, limit=10)] == [second]

    async def test_history_has_every_claim_whether_packed_or_not(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        await write(
            store,
            *(reading(float(n), From("fridge-01", seq=n + 1), ts=NOW + n * HOUR) for n in range(30)),
            reading(20.0, From("fridge-01", seq=40), ts=NOW + HOUR),
            reading(None, From("fridge-01", seq=41), ts=NOW + HOUR, quality="BAD"),
            reading(3.0, From("fridge-02", seq=42), ts=NOW),
            reading(55.0, From("fridge-01", seq=43), metric="humidity", unit="%", ts=NOW),
        )
        expected = [(NOW + n * HOUR, float(n)) for n in range(2, 30)]

        async def history(limit: int, from_ms: int = NOW) -> list[Measured]:
            end = NOW + 30 * HOUR
            return await reader.history("fridge-01", "temp.fridge", from_ms=from_ms, to_ms=end, limit=limit)

        async def check() -> None:
            found = await history(1000)
            assert found[0] == Measured(NOW, 0.0, "Cel", "GOOD", "fridge-01")
            at_once = {(each.value, each.quality) for each in found if each.time_ms == NOW + HOUR}
            assert at_once == {(1.0, "GOOD"), (20.0, "GOOD"), (None, "BAD")}
            assert [(each.time_ms, each.value) for each in found[4:]] == expected
            assert await _by_pages(history, 2) == found

        await check()
        await maintained(store, NOW + 3 * DAY)
        await check()
        assert (
            await reader.history("fridge-01", "temp.fridge", from_ms=NOW + 1, to_ms=NOW + HOUR, limit=9) == []
        )
        assert await reader.history("nobody", "temp.fridge", from_ms=0, to_ms=NOW + DAY, limit=9) == []
        both = ("fridge-01", "fridge-02")
        found = await reader.history(both, "temp.fridge", from_ms=0, to_ms=NOW + HOUR, limit=9)
        assert [(each.device, each.value) for each in found] == [("fridge-01", 0.0), ("fridge-02", 3.0)]


async def _by_pages(ask: Callable[..., object], limit: int) -> Sequence[Measured]:
    found: list[Measured] = []
    while page := await ask(limit, found[-1].time_ms + 1 if found else NOW):  # type: ignore[misc]
        assert page[0].time_ms > (found[-1].time_ms if found else 0)
        found += page
    return found
