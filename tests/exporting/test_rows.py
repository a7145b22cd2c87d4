"""What is exported is what the store answers: every table of a filled store, both dialects."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub.events import parse_time
from hub.reported import REPORTED
from storage.camera_times import periods_of
from storage.cameras import CameraDayFilter
from storage.contract import LabDayFilter, ReadingFilter, ResultFilter, Row, StoreReader
from storage.exporting.columns import MOST_ROWS, Kind
from storage.exporting.moment import Moment
from storage.exporting.tables import tables
from storage.exporting.window import Window, window_of
from storage.gates import COUNTED, GateHourFilter, ScanFilter
from storage.incidents import IncidentFilter
from storage.lab_days import CALLS, day_number, local_day
from storage.rollup import HOUR_MS
from tests.conformance.camera_arrivals import CAMERA, HOUR
from tests.conformance.gate_arrivals import VISIT
from tests.conformance.reported_facts import ONE_OF_EACH
from tests.conformance.store_arrivals import DAY, NOW
from tests.conformance.store_use import all_pages
from tests.exporting.conftest import Filled
from tests.exporting.content import TARGETS

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
LATER = NOW + 9 * DAY
ALL = window_of("", "", ZONE, LATER)
FRIDGES = ("fridge-01", "fridge-09")


async def exported(moment: Moment, name: str, window: Window = ALL) -> list[dict[str, Any]]:
    """Rows by the names of their columns; each value is what its column says it is."""
    table = tables()[name]
    rows: list[dict[str, Any]] = []
    async for block in table.blocks(moment, window):
        assert len(block) <= MOST_ROWS
        rows += [dict(zip((column.name for column in table.columns), row, strict=True)) for row in block]
    for column in table.columns:
        kinds = {type(row[column.name]) for row in rows} - {type(None)}
        assert kinds <= {PYTHON[column.kind]}, column
    assert await table.total(moment, window) >= (len(rows) if name != "camera_periods" else 1)
    return rows


PYTHON = {
    Kind.TEXT: str, Kind.INTEGER: int, Kind.NUMBER: float, Kind.TRUTH: bool, Kind.TIME: int, Kind.DAY: int,
}  # fmt: skip


def as_told(rows: Iterable[Row], names: Iterable[str], *times: str) -> list[dict[str, Any]]:
    """Rows of the API with these names, times as numbers."""
    chosen = [*names]
    found = [{name: row[name] for name in chosen} for row in rows]
    return [
        row | {name: None if row[name] is None else parse_time(row[name]) for name in times} for row in found
    ]


def ordered(rows: Iterable[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: tuple(row[name] for name in names))


async def all_readings(
    reader: StoreReader, from_ms: int | None = None, to_ms: int | None = None
) -> list[Row]:
    wanted = ReadingFilter(FRIDGES, from_ms=from_ms, to_ms=to_ms)
    return await all_pages(lambda cursor: reader.readings(wanted, limit=7, cursor=cursor))


async def test_every_table_has_rows_here(filled: Filled) -> None:
    """Or a test of equal rows shows nothing."""
    counts = {name: len(await exported(filled.moment, name)) for name in tables()}
    assert [name for name, rows in counts.items() if not rows] == []


async def test_readings(filled: Filled) -> None:
    rows = await exported(filled.moment, "readings")
    told = await all_readings(filled.reader)
    names = [column.name for column in tables()["readings"].columns if column.name != "raw_text"]
    place = ("time", "device", "metric")
    assert [{name: row[name] for name in names} for row in ordered(rows, *place)] == ordered(
        as_told(told, names, "time", "received"), *place
    )
    days = [row["time"] // DAY for row in rows]
    assert days == sorted(days)


@pytest.mark.parametrize("cut", [NOW - 41 * HOUR, NOW - 41 * HOUR + 1, NOW - 2 * DAY])
async def test_readings_of_a_window(filled: Filled, cut: int) -> None:
    before = await exported(filled.moment, "readings", ALL._replace(to_ms=cut))
    after = await exported(filled.moment, "readings", ALL._replace(from_ms=cut))
    assert len(before) == len(await all_readings(filled.reader, to_ms=cut)) > 0
    assert len(after) == len(await all_readings(filled.reader, from_ms=cut)) > 0


async def test_hours(filled: Filled) -> None:
    rows = await exported(filled.moment, "hours")
    wanted = ReadingFilter(FRIDGES, step_ms=HOUR_MS)
    told = await all_pages(lambda cursor: filled.reader.readings(wanted, limit=9, cursor=cursor))
    renamed = [row | {"hour": row["time"]} for row in told]
    names = [column.name for column in tables()["hours"].columns]
    place = ("hour", "device", "metric")
    assert ordered(rows, *place) == ordered(as_told(renamed, names, "hour"), *place)


async def test_results(filled: Filled) -> None:
    rows = await exported(filled.moment, "results")
    told = await all_pages(lambda cursor: filled.reader.results(ResultFilter(), limit=2, cursor=cursor))
    flat = [
        row | {
            "test": row["test"]["code"], "test_text": row["test"]["text"], "loinc": row["test"]["loinc"],
            "targets": len(row["targets"]), "model": row["analyzer"]["model"],
            "serial": row["analyzer"]["serial"],
        }
        for row in told
    ]  # fmt: skip
    names = [column.name for column in tables()["results"].columns]
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
    assert ordered(rows, "id") == ordered(as_told(flat, names, "time", "received"), "id")
    versions = await exported(filled.moment, "result_versions")
    facts = [await filled.reader.result(row["id"]) or {} for row in rows]
    assert {row["id"] for row in versions} == {row["id"] for fact in facts for row in fact["versions"]}
    assert len(versions) > len(rows)
    assert {row["id"] for row in versions if row["current"]} == {row["id"] for row in rows}


async def test_targets(filled: Filled) -> None:
    first, second = await exported(filled.moment, "result_targets")
    (result,) = [row for row in await exported(filled.moment, "results") if row["targets"]]
    assert (first["result"], first["position"], second["position"]) == (result["id"], 1, 2)
    assert (first["target"], first["ct"], first["flags"]) == ("N", TARGETS[0].ct, "HIGH|H")
    assert (second["target"], second["value"], second["flags"]) == ("E", None, None)


async def test_incidents_and_their_ledger(filled: Filled) -> None:
    rows = await exported(filled.moment, "incidents")
    told = await all_pages(lambda cursor: filled.reader.incidents(IncidentFilter(), limit=5, cursor=cursor))
    names = [column.name for column in tables()["incidents"].columns]
    times = [column.name for column in tables()["incidents"].columns if column.kind is Kind.TIME]
    assert rows == as_told(reversed(told), names, *times)
    ledger = await exported(filled.moment, "ledger")
    entries = await filled.reader.incident_entries(0, limit=100)
    assert [(row["number"], row["hash"], row["kind"]) for row in ledger] == [
        (entry.number, entry.hash.hex(), entry.kind) for entry in entries
    ]
    assigned = next(row for row in ledger if row["kind"] == "ASSIGNED")
    assert (assigned["actor"], assigned["told"], assigned["detail"]) == ("3fb1c2aa", "k-77", "{}")
    assert "An" not in str(ledger)  # a person's own words


async def test_scans_and_passages(filled: Filled) -> None:
    rows = await exported(filled.moment, "scans")
    told = await all_pages(lambda cursor: filled.reader.scans(ScanFilter(), limit=2, cursor=cursor))
    flat = [
        row | {"remarks": "|".join(row["remarks"]) or None}
        | {
            f"passage_{name}": row["passage"] and row["passage"][name]
            for name in ("time", "direction", "confirmed")
        }
        for row in told
    ]  # fmt: skip
    names = [column.name for column in tables()["scans"].columns]
    assert rows == as_told(reversed(flat), names, "time", "received", "passage_time")
    assert {row["visit"] for row in rows} == {VISIT, None}
    passages = await exported(filled.moment, "passages")
    assert [(row["direction"], row["scanned"], row["confirmed"]) for row in passages] == [
        ("in", True, False), ("out", False, True), ("in", True, False),
    ]  # fmt: skip


async def test_counts_of_gates(filled: Filled) -> None:
    rows = await exported(filled.moment, "gate_hours")
    told = await filled.reader.gate_hours(GateHourFilter(NOW - DAY, NOW + DAY))
    assert [tuple(row.values()) for row in rows] == [(*each[:2], *each[2:5], *each.counts) for each in told]
    assert [*rows[0]][5:] == [*COUNTED]
    zones = await exported(filled.moment, "zone_counts")
    assert [(row["cause"], row["count"], row["actor"]) for row in zones] == [
        ("set", 5, "k1"),
        ("hourly", 4, None),
    ]
    half = ALL._replace(from_ms=NOW - NOW % HOUR_MS + HOUR_MS)
    assert len(await exported(filled.moment, "gate_hours", half)) < len(rows)


async def test_cameras(filled: Filled) -> None:
    rows = await exported(filled.moment, "camera_periods")
    first = [tuple(row.values())[1:] for row in rows if row["device"] == CAMERA]
    told = await filled.reader.camera_periods(CAMERA, NOW, LATER)
    whole = periods_of(told, NOW, LATER, LATER)  # in one piece: ours are joined from weeks
    assert first == [(*period[:4], "|".join(period.faults) or None) for period in whole]
    days = await exported(filled.moment, "camera_days")
    midnight = datetime(2026, 11, 22, tzinfo=ZONE)
    begins = [round((midnight + timedelta(each)).timestamp() * 1000) for each in range(11)]
    asked = await filled.reader.camera_days(CameraDayFilter(begins, LATER))
    assert [tuple(row.values()) for row in days] == [
        (local_day(each.start_ms, ZONE), each.site, each.device, *each.uptime, each.uptime.share)
        for each in asked
    ]


async def test_lab_days(filled: Filled) -> None:
    rows = await exported(filled.moment, "lab_days")
    told = await filled.reader.lab_days(LabDayFilter(date.min, date.max, by_test=True))
    assert [tuple(row.values()) for row in rows] == [
        (day_number(each.day), each.place, each.stage, each.test, *each.counts) for each in told
    ]
    assert [*rows[0]][4:] == [call.lower() for call in CALLS]
    since = window_of("2026-11-24", "", ZONE, LATER)
    assert [row["day"] for row in await exported(filled.moment, "lab_days", since)] == [
        day_number(date(2026, 11, 24))
    ]


async def test_devices_quarantine_deletions_and_events(filled: Filled) -> None:
    devices = await exported(filled.moment, "devices")
    names = [column.name for column in tables()["devices"].columns]
    assert devices == as_told(await filled.reader.devices(), names, "since", "last_message")
    quarantine = await exported(filled.moment, "quarantine")
    told = await all_pages(lambda cursor: filled.reader.quarantine(None, limit=2, cursor=cursor))
    assert [(row["id"], row["where"], row["state"], row["bytes"]) for row in quarantine] == [
        (row["id"], row["where"], row["state"], row["bytes"]) for row in reversed(told)
    ]
    deletions = await exported(filled.moment, "deletions")
    kept = await all_pages(lambda cursor: filled.reader.deletions(limit=2, cursor=cursor))
    assert [(row["number"], row["digest"]) for row in deletions] == [
        (row["number"], row["digest"]) for row in reversed(kept)
    ]
    events = await exported(filled.moment, "events")
    assert len(events) == (await filled.reader.figures()).events
    arrived = await filled.reader.arrivals([row["id"] for row in events])
    assert [row["arrived"] for row in events] == [arrived[row["id"]] for row in events]
    assert [row["number"] for row in events] == sorted(row["number"] for row in events)


async def test_notices_and_lots(filled: Filled) -> None:
    notices = await exported(filled.moment, "notices")
    assert [(row["person"], row["urgent"], row["state"], row["tries"]) for row in notices] == [
        ("an", False, "DELIVERED", 1), (None, True, "WAITING", 0),
    ]  # fmt: skip
    placements = await exported(filled.moment, "placements")
    told = await filled.reader.placements_after(0, limit=10)
    assert [tuple(row.values()) for row in placements] == [tuple(each) for each in told]


async def test_what_is_reported_is_exported_as_it_stands(filled: Filled) -> None:
    days = await exported(filled.moment, "quarantine_days")
    assert [(row["facility"], row["code"], row["number"], row["versions"]) for row in days] == [
        ("kc-1", "in_care", 7, 1)
    ]
    versions = await exported(filled.moment, "reported_versions")
    assert len(versions) == len(ONE_OF_EACH)
    assert {row["type"] for row in versions if row["stands"]} == {payload.TYPE for payload in REPORTED}
    (corrected, *_) = await exported(
        filled.moment, "declarations", window_of("2021-08-02", "2021-08-03", ZONE, NOW)
    )
    assert (corrected["symptoms"], corrected["person"]) == (
        "fever|cough",
        "p-66849121:a9fba9fba9fba9fba9fba9fba9fba9fb",
    )
    assert await exported(filled.moment, "declarations", window_of("2021-08-03", "", ZONE, NOW)) == []
    (revision,) = await exported(filled.moment, "report_revisions")
    assert (revision["report"], revision["revision"], revision["made"]) == ("cases", 1, NOW)
