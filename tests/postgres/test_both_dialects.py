"""The same batches give the same answers on SQLite and on PostgreSQL, whatever they are."""

from dataclasses import replace
from itertools import count
from math import isnan
from pathlib import Path
from secrets import token_hex
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hub.payloads import Call, ResultStatus
from hub.reported import Assessment, Declaration
from storage.cameras import CameraDayFilter
from storage.contract import (
    Arrival,
    Batch,
    CursorGone,
    EventStore,
    Hole,
    Outcome,
    ReadingFilter,
    ResultFilter,
    StoreReader,
    Watermark,
)
from storage.gates import GateHourFilter, ScanFilter
from storage.instants import QUALITIES
from storage.open import open_reader, open_store
from storage.reporting import FactFilter, ResultsFilter
from tests.conformance.camera_arrivals import told as told_by_camera
from tests.conformance.gate_arrivals import decision, happened, passage, scan, was_set
from tests.conformance.store_arrivals import (
    DAY,
    EPOCH_A,
    EPOCH_B,
    NOW,
    From,
    answer,
    lab,
    poison,
    reading,
    status,
    waiting,
)
from tests.conformance.store_reporting import ALL, reported
from tests.postgres.server import PostgresServer

HOUR = 3600 * 1000


def declared_by(district: str, entered: str, date: str = "2021-08-01") -> Declaration:
    return Declaration(reference="NC-1", district=district, date=date, entered=entered)


FOLDERS = count(1)
CALLS: tuple[Call, ...] = ("POS", "NEG", "INVALID")
STATES: tuple[ResultStatus, ...] = get_args(ResultStatus)
# An example makes two stores: to find the smallest one that fails would take minutes.
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
ORIGINS = st.builds(
    From,
    device=st.sampled_from(("d-1", "d-2")),
    site=st.sampled_from(("site-1", "site-2")),
    edge=st.sampled_from(("edge-1", "edge-2")),
    epoch=st.sampled_from((EPOCH_A, EPOCH_B)),
    seq=st.integers(1, 30),
)
GATE_FACTS = (
    scan("a"),
    scan("a", None),
    scan("b"),
    *(decision("a", word) for word in ("allow", "deny")),
    decision("b", "manual", "kho"),
    *(passage("a", way) for way in ("in", "out")),
    passage(None, "out", seen=True),
    *(was_set(inside) for inside in (3, -2)),
    was_set(7, cause="hourly"),
    was_set(2**70),
)
FACTS = (
    *(
        declared_by(district, entered)
        for district in ("731", "732")
        for entered in ("", "2021-08-01T09:00:00Z")
    ),
    declared_by("734", "2021-08-01T15:30:00+07:00", "2021-08-02"),
    *(
        Assessment(workplace="cty-1", district="731", level="low", submitted=f"2021-08-0{day}T20:00:00Z")
        for day in (1, 2)
    ),
)
MOMENTS = st.integers(0, 40).map(lambda step: NOW - 2 * DAY + step * HOUR // 2)


@st.composite
def arrivals(draw: st.DrawFn) -> list[Arrival]:
    """Some events; each may supersede one before it, of its own edge or another's."""
    made: list[Arrival] = []
    for _ in range(draw(st.integers(0, 8))):
        origin, time_ms = draw(ORIGINS), draw(MOMENTS)
        older = draw(st.sampled_from(["", "", "", *(one.event.id for one in made)]))
        made.append(_event(draw, origin, time_ms, older))
    return made


def _event(draw: st.DrawFn, origin: From, time_ms: int, older: str) -> Arrival:
    match draw(
        st.sampled_from(
            (
                "lab", "lab", "reading", "reading", "status", "waiting", "answer",
                "gate", "gate", "camera", "camera", "fact", "fact", "bad",
            )
        )
    ):  # fmt: skip
        case "lab":
            call, state = draw(st.sampled_from(CALLS)), draw(st.sampled_from(STATES))
            specimen = draw(st.sampled_from(("S-1", "S-2", "Mẫu-3")))
            return lab(specimen, origin, call=call, status=state, time_ms=time_ms, supersedes=older)
        case "reading":
            value = draw(st.sampled_from((None, -80.0, 2.0, 5.0, 8.5, 1e300, -0.0)))
            quality = draw(st.sampled_from(QUALITIES))
            metric = draw(st.sampled_from(("temp.fridge", "humidity")))
            return reading(value, origin, ts=time_ms, metric=metric, quality=quality, supersedes=older)
        case "status":
            return status(origin, draw(st.sampled_from(("ONLINE", "OFFLINE"))), since=time_ms)
        case "waiting":
            return waiting(
                origin, draw(st.sampled_from(("c1", "c2"))), draw(st.sampled_from(("WAITING", "REPLAYED")))
            )
        case "answer":
            return answer(origin, "c-1", draw(st.sampled_from(("done", "failed"))))
        case "gate":
            fact = draw(st.sampled_from(GATE_FACTS))
            before_ms = draw(st.sampled_from((0, 30 * DAY)))  # a visit of long ago is blanked
            return happened(fact, origin, time_ms - before_ms, heard_ms=time_ms)
        case "camera" | "fact" as what:
            one_of_two = draw(st.sampled_from(("one", "other")))
            told_of = reported(draw(st.sampled_from(FACTS)), one_of_two)
            return told_of if what == "fact" else _telling(draw, origin, time_ms)
    unstorable: dict[str, Any] = draw(st.sampled_from(({"id": "x"}, {"time": "never"}, {"subject": "a\0b"})))
    return lab("S-bad", origin, **unstorable)


def _telling(draw: st.DrawFn, origin: From, at_ms: int) -> Arrival:
    """Few states, so that many tell of one; some that are none of ours."""
    since_ms = NOW - 2 * DAY + draw(st.integers(0, 3)) * 5 * HOUR
    return told_by_camera(
        draw(st.sampled_from(("ONLINE", "DEGRADED", "OFFLINE"))),
        since_ms,
        at_ms,
        origin.seq,
        device=origin.device,
        site=origin.site,
        edge=origin.edge,
        epoch=origin.epoch,
        reason=draw(st.sampled_from(("watching", "blur", "Lý do"))),
        faults=draw(st.sampled_from(((), ("blur",), ("black", "of_tomorrow")))),
    )


@st.composite
def batches(draw: st.DrawFn) -> list[Batch]:
    """Some are sent again, as edges do."""
    made = [
        Batch(
            0,
            draw(arrivals()),
            [poison(draw(st.sampled_from((b"{", b"["))))] if draw(st.booleans()) else [],
            [Watermark("edge-1", EPOCH_A, draw(st.integers(0, 30)), "x")] if draw(st.booleans()) else [],
            [Hole("edge-2", EPOCH_B, 1, draw(st.integers(1, 5)), "pruned")] if draw(st.booleans()) else [],
            received_ms=NOW - DAY + index * 1000,
        )
        for index in range(draw(st.integers(1, 5)))
    ]
    return made + draw(st.lists(st.sampled_from(made), max_size=2))


async def told(reader: StoreReader) -> dict[str, Any]:
    """Every answer but the numbers of the log: in SQLite a duplicate uses one up."""
    figures = await reader.figures()
    readings = {
        f"{device} {step_ms}": (
            await reader.readings(ReadingFilter(device, step_ms=step_ms), limit=1000, cursor=None)
        ).items
        for device in ("d-1", "d-2")
        for step_ms in (None, 600_000, HOUR, DAY)
    }
    results = (await reader.results(ResultFilter(), limit=1000, cursor=None)).items
    return {
        "figures": replace(figures, store="", bytes=0, last_number=0),
        "events": await logged(reader),
        "results": results,
        "facts": [await reader.result(row["id"]) for row in results],
        "readings": readings,
        "curves": await reader.curves(ReadingFilter(("d-1", "d-2"), step_ms=HOUR)),
        "latest": await reader.latest_readings(),
        "quarantine": (await reader.quarantine(None, limit=1000, cursor=None)).items,
        "devices": await reader.devices(),
        "scans": (await reader.scans(ScanFilter(), limit=1000, cursor=None)).items,
        "zones": await reader.occupancy(NOW - DAY),
        "hours": await reader.gate_hours(GateHourFilter(NOW - 90 * DAY, NOW + DAY)),
        "cameras": await reader.cameras(),
        "periods": sorted(await reader.camera_periods("d-1", NOW - 2 * DAY, NOW)),
        "days": await reader.camera_days(CameraDayFilter([NOW - 2 * DAY, NOW - DAY, NOW], NOW)),
        "projected": await projected(reader),
        "reported": await known(reader),
    }


async def known(reader: StoreReader) -> list[Any]:
    """What reports are made of, but for numbers of the log."""
    wanted = [FactFilter(type_, ALL) for type_ in (Declaration.TYPE, Assessment.TYPE)]
    told = [fact._replace(number=0) for each in wanted for fact in await reader.facts(each)]
    results = await reader.results_known(ResultsFilter(ALL))
    days = await reader.gate_days(NOW // DAY - 90, NOW // DAY + 9, ALL)
    return [told, sorted((each.id, each.day, each.versions) for each in results), days]


async def projected(reader: StoreReader) -> list[Any]:
    """What a projector is told of days and hours; series by their names."""
    names = sorted(await reader.series(), key=lambda each: each[1:])
    told: list[Any] = [each[1:] for each in names]
    for day in range((NOW - 3 * DAY) // DAY, NOW // DAY + 1):
        readings = await reader.day_of_readings(day, [each.series for each in names])
        told += [
            (each.ts, [None if isnan(value) else value for value in each.values], *each[3:])
            for each in readings
        ]
        gates, analyzers = await reader.hours_of_day(day)
        told += [await reader.standing_gate_hours(gates), await reader.analyzer_hours(analyzers)]
    instants = [(each.series, NOW - 2 * DAY + step * HOUR // 2) for each in names for step in range(41)]
    series = {each.series: each[1:] for each in names}
    standing = await reader.contested(instants)
    return [
        *told,
        sorted((series[each.series], each.ts, (each.value or 0.0), each.quality) for each in standing),
    ]


async def logged(reader: StoreReader) -> list[tuple[str, bytes]]:
    """The log, or what retention left of it."""
    try:
        events = await reader.events(0, limit=1000)
    except CursorGone as gone:
        events = await reader.events(gone.first - 1, limit=1000)
    return [(event.type, event.body) for event in events]


async def outcome_and_answers(
    store: EventStore, reader: StoreReader, given_batches: list[Batch], pack_after: int
) -> tuple[list[Outcome], list[Watermark], list[dict[str, Any]]]:
    await store.open()
    await reader.open()
    try:
        outcomes = []
        for index, batch in enumerate(given_batches):
            outcome = await store.write(replace(batch, term=store.term))
            outcomes.append(replace(outcome, last_number=0))
            if index == pack_after:
                while await store.maintain(NOW):
                    pass
        answers = [await told(reader)]
        while await store.maintain(NOW + DAY):
            pass
        return outcomes, await store.watermarks(), [*answers, await told(reader)]
    finally:
        await reader.close()
        await store.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
@given(given_batches=batches(), pack_after=st.integers(-1, 4))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), phases=NO_SHRINKING)
async def test_the_same_batches_give_the_same_answers(
    postgres_server: PostgresServer, tmp_path: Path, given_batches: list[Batch], pack_after: int
) -> None:
    url, folder = await postgres_server.new_store(f"both_{token_hex(6)}"), tmp_path / str(next(FOLDERS))
    password = postgres_server.password
    found = [
        await outcome_and_answers(
            open_store(each, folder, password=password),
            open_reader(each, folder, password=password),
            given_batches,
            pack_after,
        )
        for each in (None, url)
    ]
    (outcomes, watermarks, answers), (others_outcomes, others_watermarks, others_answers) = found
    assert outcomes == others_outcomes
    assert watermarks == others_watermarks
    for mine, others in zip(answers, others_answers, strict=True):
        assert {name: (each, others[name]) for name, each in mine.items() if each != others[name]} == {}
