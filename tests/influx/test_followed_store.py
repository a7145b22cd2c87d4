"""A real store's log as real lines, in any pages and again: a server ends with what the store says."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from hub.events import parse_time
from hub.payloads import Call, GateDecision, Passage, ResultStatus
from storage.contract import Arrival, ReadingFilter, ResultFilter
from storage.gates import HOUR_MS
from storage.instants import QUALITIES
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.conformance.gate_arrivals import decision, gate, happened, hours, passage
from tests.conformance.store_arrivals import CLAIMS, NOW, From, lab, reading
from tests.conformance.store_use import all_pages, write
from tests.influx.follower import Follower
from tests.influx.kept_server import KeptServer
from tests.influx.pages_in_parts import KeptPoints

EVENTS, FOLLOWED_AFTER = 120, 12
DEVICE, ANALYZER = "fridge-01", "genexpert-01"
CALLS: tuple[Call, ...] = ("POS", "NEG", "INVALID")
STATUSES: tuple[ResultStatus, ...] = ("P", "F", "C", "D")


def arrivals(chance: Random) -> Iterator[Arrival]:
    """Readings that contest and withdraw each other, gates that tell twice, results that are corrected."""
    told: list[str] = []
    for seq in range(1, EVENTS + 1):
        match chance.randrange(4):
            case 0 | 1:
                made = _reading(chance, seq, told)
                told.append(made.event.id)
                yield made
            case 2:
                yield happened(_gate_fact(chance), gate(seq), NOW - chance.randrange(3) * HOUR_MS)
            case _:
                yield _result(chance, seq)


def _reading(chance: Random, seq: int, told: list[str]) -> Arrival:
    value, quality = chance.choice(CLAIMS)
    older = chance.choice([*told[-5:], "", "", "", ""])
    ts = NOW + chance.randrange(4) * 20_000
    return reading(value, From(DEVICE, "kho", seq=seq), ts=ts, quality=quality, supersedes=older)


def _gate_fact(chance: Random) -> GateDecision | Passage:
    name = f"scan-{chance.randrange(8)}"
    if chance.randrange(2):
        return decision(name, chance.choice(["allow", "deny", "hold"]))
    return passage(name, chance.choice(["in", "out"]), seen=chance.random() < 0.5)


def _result(chance: Random, seq: int) -> Arrival:
    return lab(
        f"S-{chance.randrange(6)}",
        From(ANALYZER, "bv", seq=seq),
        call=chance.choice(CALLS),
        status=chance.choice(STATUSES),
        time_ms=NOW - chance.randrange(3) * HOUR_MS,
    )


@pytest.mark.parametrize("seed", range(6))
async def test_a_server_ends_with_what_the_store_says(tmp_path: Path, seed: int) -> None:
    chance = Random(seed)
    store, reader = SqliteStore(tmp_path / "store.db"), SqliteReader(tmp_path / "store.db")
    await store.open()
    await reader.open()
    try:
        server = KeptServer()
        follower = Follower(reader, server.write, chance, NOW - 2 * HOUR_MS)
        for number, each in enumerate(arrivals(chance)):
            await write(store, each)
            if number % FOLLOWED_AFTER == 0:
                follow_by_chance(follower, chance)
                await follower.follow()
                assert last_hour(server.kept) < follower.closed, "no hour was sent while it ran"
        follower.clock_ms = NOW + 2 * HOUR_MS
        await follower.follow()
        await assert_readings(reader, server.kept)
        await assert_gates(reader, server.kept)
        await assert_results(reader, server.kept)
    finally:
        await reader.close()
        await store.close()


def follow_by_chance(follower: Follower, chance: Random) -> None:
    """Time goes on or steps back; answers are settled, or may be lost; the process is a new one."""
    settled_at_ms, follower.clock_ms = follower.clock_ms, NOW + chance.randint(-120, 90) * 60_000
    if chance.randrange(2):
        follower.settle()
        if chance.randrange(2):
            follower.start(settled_at_ms)
    elif chance.randrange(2):
        follower.progress.back()


def last_hour(kept: KeptPoints) -> int:
    """Of gates and analyzers; 0: there is none."""
    return max((at // HOUR_MS for name, _, at in kept.points if name.endswith("_hour")), default=0)


async def assert_readings(reader: SqliteReader, server: KeptPoints) -> None:
    rows = await all_pages(lambda cursor: reader.readings(ReadingFilter(DEVICE), limit=100, cursor=cursor))
    stands = {parse_time(row["time"]): row for row in rows}
    kept = {at: fields for (name, _, at), fields in server.points.items() if name == "epihub_reading"}
    assert kept.keys() >= stands.keys()
    for at, fields in kept.items():
        quality = QUALITIES.index(stands[at]["quality"]) if at in stands else 3
        assert fields.get("quality", 0) == quality
        if quality < 2:
            assert fields["value"] == stands[at]["value"]


async def assert_gates(reader: SqliteReader, server: KeptPoints) -> None:
    kept = {
        (at, dict(tags)["device"]): {name: count for name, count in fields.items() if count}
        for (measurement, tags, at), fields in server.points.items()
        if measurement == "epihub_gate_hour"
    }
    assert {key: counts for key, counts in kept.items() if counts} == await hours(reader)


async def assert_results(reader: SqliteReader, server: KeptPoints) -> None:
    rows = await all_pages(lambda cursor: reader.results(ResultFilter(), limit=100, cursor=cursor))
    stands = Counter(
        (parse_time(row["time"]) // HOUR_MS * HOUR_MS, row["call"]) for row in rows if row["status"] in "FCP"
    )
    kept = {
        (at, dict(tags)["call"]): fields["results"]
        for (measurement, tags, at), fields in server.points.items()
        if measurement == "epihub_analyzer_hour"
    }
    assert {key: count for key, count in kept.items() if count} == dict(stands)
