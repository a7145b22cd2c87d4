"""A store with something of every kind, always the same; and what a reader answers about it.

Old versions of the schema keep this content as SQL (``tests/golden/store``): never change what is here,
only add, or today's store no longer holds what theirs do.
"""

from datetime import date
from typing import Any

from msgspec import to_builtins

from hub.payloads import Alarm
from storage.contract import (
    Arrival,
    Batch,
    EventStore,
    Hole,
    LabDayFilter,
    ReadingFilter,
    ResultFilter,
    StoreReader,
    Watermark,
)
from tests.conformance.store_arrivals import (
    DAY,
    EPOCH_A,
    EPOCH_B,
    NOW,
    From,
    answer,
    arrival,
    lab,
    poison,
    reading,
    status,
    waiting,
)

EDGE_2 = "edge-2"
HOUR = 3600 * 1000
FRIDGE = From("fridge-01", "kho-vac-xin")


async def write_content(store: EventStore) -> None:
    """As a hub gets them, of two edges and two epochs; then upkeep, then readings that come late."""
    first = lab("S-1", From(seq=1), call="POS", status="P", ct=21.5)
    results = [
        first,
        lab("S-1", From(seq=2), call="POS", ct=21.5),
        lab("S-2", From(seq=3), call="NEG", time_ms=NOW + 1000),
        lab("S-3", From(seq=4), call="INVALID", time_ms=NOW + 2000),
        lab("S-3", From(seq=5), call="NEG", status="C", time_ms=NOW + 3000, subject="S-3/SARS2/1"),
    ]
    mended = lab("S-20", From(seq=6), call="NEG", time_ms=NOW + 1000, supersedes=results[2].event.id)
    marks = [Watermark("edge-1", EPOCH_A, 6, mended.event.id)]
    await store.write(Batch(store.term, [*results, mended], [poison()], marks, received_ms=NOW + 5000))
    await store.write(_second(store.term))
    await store.renew_link(3, "0123456789abcdef")
    while await store.maintain(NOW + 10_000):
        pass  # readings go into chunks
    await store.write(Batch(store.term, _late(), received_ms=NOW + 20_000))


def _second(term: int) -> Batch:
    arrivals = [*_readings(), *_others()]
    marks = [Watermark("edge-1", EPOCH_B, 90, arrivals[-1].event.id)]
    holes = [Hole("edge-1", EPOCH_A, 7, 9, "pruned"), Hole(EDGE_2, EPOCH_A, 2, 2, "unsendable")]
    return Batch(term, arrivals, [poison(b"{}", EDGE_2)], marks, holes, NOW + 9000)


def _readings() -> list[Arrival]:
    """Hours of one fridge over five days, a second series, a conflict, bad and late ones."""

    def fridge(seq: int, **changes: Any) -> Any:
        return From("fridge-01", "kho-vac-xin", epoch=EPOCH_B, seq=seq, **changes)

    hours = [reading(4.0 + hour % 7 / 2, fridge(hour + 1), ts=NOW - hour * 2 * HOUR) for hour in range(60)]
    return [
        *hours,
        reading(9.5, fridge(61), ts=NOW),  # the same instant says two things
        reading(55.0, fridge(62), metric="humidity", unit="%", ts=NOW),
        reading(None, fridge(63), ts=NOW + HOUR, quality="BAD", sequence=7),
        reading(6.0, fridge(64), ts=NOW - 8 * DAY, quality="UNCERTAIN"),
        reading(3.5, From("fridge-09", "kho-vac-xin", EDGE_2, EPOCH_A, 3), ts=NOW),
    ]


def _late() -> list[Arrival]:
    """Between, at and before instants that upkeep was through with."""

    def fridge(seq: int) -> From:
        return From("fridge-01", "kho-vac-xin", epoch=EPOCH_B, seq=seq)

    return [
        reading(7.25, fridge(91), ts=NOW - 41 * HOUR),
        reading(12.0, fridge(92), ts=NOW - 60 * HOUR),
        reading(4.5, fridge(93), ts=NOW - 20 * DAY),
    ]


def _others() -> list[Arrival]:
    def at(device: str, seq: int) -> From:
        return From(device, "bv-thong-nhat", epoch=EPOCH_B, seq=seq)

    alarm = Alarm("inc-1", "coldchain.high", "critical", "RAISED", "fridge-01", "2026-11-22T13:45:00Z", "9.5")
    return [
        status(at("genexpert-01", 80), "OFFLINE", since=NOW - HOUR, kind="hl7_mllp"),
        status(at("genexpert-01", 81), "ONLINE", since=NOW),
        waiting(at("genexpert-01", 82), "c" * 32),
        waiting(at("genexpert-01", 83), "d" * 32),
        waiting(at("genexpert-01", 84), "d" * 32, "REPLAYED", time_ms=NOW + HOUR),
        answer(at("genexpert-01", 85), "command-1", "done"),
        arrival(alarm, From("alarms", "kho-vac-xin", "hub", "", 0), time_ms=NOW, subject="inc-1"),
        lab("S-9", at("genexpert-01", 90), call="POS", time_ms=NOW + 2 * DAY),
    ]


async def answers(reader: StoreReader) -> dict[str, Any]:
    """What a reader tells of this content, without what a restore or a version changes."""
    fridges = ("fridge-01", "fridge-09")
    steps = [
        ReadingFilter(name, from_ms=NOW - 9 * DAY, to_ms=NOW + DAY, step_ms=HOUR * 6) for name in fridges
    ]
    results = (await reader.results(ResultFilter(), limit=100, cursor=None)).items
    waiting_rows = (await reader.quarantine(None, limit=100, cursor=None)).items
    figures = await reader.figures()
    counts = [LabDayFilter(date.min, date.max, by_test=by_test) for by_test in (False, True)]
    return {
        "devices": await reader.devices(),
        "results": results,
        "versions": [await reader.result(row["id"]) for row in results],
        "readings": [
            (await reader.readings(ReadingFilter(name), limit=500, cursor=None)).items for name in fridges
        ],
        "steps": [(await reader.readings(wanted, limit=500, cursor=None)).items for wanted in steps],
        "latest": await reader.latest_readings(),
        "counts": [await reader.lab_days(wanted) for wanted in counts],
        "projected": await projected(reader),
        "quarantine": waiting_rows,
        "entries": [await reader.quarantined(row["id"]) for row in waiting_rows],
        "events": [(event.number, event.type, event.body) for event in await reader.events(0, limit=500)],
        "figures": {
            name: value
            for name, value in to_builtins(figures).items()
            if name not in ("store", "schema", "bytes", "last_number")
        },
    }


async def projected(reader: StoreReader) -> list[Any]:
    """What a projector is told of this content, readings day by day."""
    page = await reader.log_page(0, limit=500, types=[])
    series = [each.series for each in await reader.series()]
    days: list[Any] = []
    day = await reader.reading_day_before(2**20)
    while day is not None:
        days += [repr(each) for each in await reader.day_of_readings(day, series)]
        day = await reader.reading_day_before(day)
    hours = (
        await reader.standing_gate_hours(page.gate_hours),
        await reader.analyzer_hours(page.analyzer_hours),
    )
    return [page.instants, days, hours, await reader.contested(page.instants), await reader.projections()]
