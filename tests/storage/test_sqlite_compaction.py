"""Packing step by step, with writing, retracting and failures between any two steps."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.errors import StoreUnavailable
from hub.events import parse_time
from storage.chunks import Sample
from storage.contract import Arrival, Batch, ReadingFilter
from storage.instants import believed, content_of
from storage.rollup import HOUR_MS, steps
from storage.sqlite.compaction import Compactor
from storage.sqlite.connection import connect_reader, connect_writer
from storage.sqlite.ledger import Ledger
from storage.sqlite.queries.readings import curves, latest_readings, page_of_readings
from storage.sqlite.schema import migrate
from storage.sqlite.session import Session
from tests.conformance.store_arrivals import DAY, NOW, From, reading

OLD = NOW - NOW % DAY - 2 * DAY
MINUTE = 60_000
TERM = 1
METRIC = "temp.fridge"
DEVICES = count()


class Bench:
    """A store of which every step of maintenance is taken by hand."""

    def __init__(self, path: Path) -> None:
        connection = connect_writer(path)
        connection.pragma("synchronous", "OFF")  # hundreds of commits, none of which must outlive us
        migrate(connection)
        connection.execute("INSERT INTO store (one, id, term) VALUES (1, 'x', ?)", (TERM,))
        self.connection = connection
        self.ledger = Ledger(connection)
        self.compactor = Compactor()
        self.reader = connect_reader(path)
        self.clock = NOW

    def write(self, *arrivals: Arrival) -> None:
        self.clock += 1000
        self.ledger.write([Batch(TERM, arrivals, received_ms=self.clock)])

    def step(self) -> bool:
        """One step of a pass, in a transaction of its own."""
        return self.ledger.run(self._one)

    def fail(self) -> None:
        """One step, and then the disk is full."""

        def work(session: Session) -> None:
            self._one(session)
            raise apsw.FullError

        with pytest.raises(StoreUnavailable):
            self.ledger.run(work)

    def settle(self) -> None:
        self.clock += 20 * MINUTE
        while self.step():
            pass

    def values(self, device: str) -> list[tuple[str, float | None]]:
        found = page_of_readings(self.reader, ReadingFilter(device), limit=1000, cursor=None)
        return [(row["time"], row["value"]) for row in found.items]

    def close(self) -> None:
        self.reader.close()
        self.connection.close()

    def _one(self, session: Session) -> bool:
        turns = iter((True, False))
        return self.compactor.work(session, self.clock, 0, lambda: next(turns))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "e.db")
    yield bench
    bench.close()


def test_a_step_is_bounded(bench: Bench) -> None:
    for part in range(6):
        first = part * 1000
        bench.write(*(reading(n % 7 + 1.0, ts=OLD + n * 1000) for n in range(first, first + 1000)))
    bench.write(reading(1.0, ts=NOW))
    bench.clock += 20 * MINUTE
    made = []
    while True:
        before = bench.connection.total_changes()
        more = bench.step()
        made.append(bench.connection.total_changes() - before)
        if not more:
            break
    assert len(made) > 20
    assert max(made) <= 600
    assert bench.connection.execute("SELECT count(*) FROM reading").get == 1
    assert bench.connection.execute("SELECT sum(readings) FROM reading_chunk").get == 6000


def test_a_damaged_chunk_stops_its_series_only(bench: Bench) -> None:
    other = From("fridge-02", "kho")
    bench.write(
        *(reading(5.0, ts=OLD + n) for n in range(5)), *(reading(5.0, other, ts=OLD + n) for n in range(5))
    )
    bench.write(reading(5.0, ts=NOW), reading(5.0, other, ts=NOW))
    bench.settle()
    bench.connection.execute("UPDATE reading_chunk SET data = x'00' WHERE series = 1")
    bench.ledger.session.samples.clear()
    bench.write(reading(6.0, ts=OLD + 2), reading(6.0, ts=OLD + 9), reading(6.0, other, ts=OLD + 9))
    poison = bench.connection.execute("SELECT reason FROM poison").fetchall()
    assert poison == [("store.damaged_chunk",)]
    bench.settle()
    assert len(bench.values("fridge-02")) == 7
    with pytest.raises(StoreUnavailable, match="damaged_chunk"):
        bench.values("fridge-01")
    hot = bench.connection.execute("SELECT ts FROM reading WHERE series = 1 ORDER BY ts").fetchall()
    assert hot == [(OLD + 9,), (NOW,)]


WRITE = st.tuples(
    st.integers(0, 30),
    st.sampled_from([-3.5, 0.1, 2.0, 5.5, 7.7, None]),
    st.sampled_from(["GOOD", "UNCERTAIN", "BAD"]),
    st.none() | st.integers(0, 100),  # which of those before it supersedes
)
STEP, FAIL, SETTLE = "step", "fail", "settle"
WORK = st.lists(st.one_of(WRITE, st.sampled_from([STEP, STEP, STEP, FAIL, SETTLE])), max_size=30)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(WORK)
def test_no_order_of_steps_shows(bench: Bench, work: list[Any]) -> None:
    device = f"probe-{next(DEVICES)}"
    sent: dict[str, Arrival] = {}
    for one in work:
        if one == STEP:
            bench.clock += 20 * MINUTE
            bench.step()
        elif one == FAIL:
            bench.fail()
        elif one == SETTLE:
            bench.settle()
        else:
            place, value, quality, which = one
            older = list(sent)[which % len(sent)] if sent and which is not None else ""
            ts = OLD + place * 17 * MINUTE
            rest: Any = {"quality": quality, "supersedes": older}
            # Each content is its own: of two events that say the same the second is no claim.
            arrival = reading(value, From(device, "kho"), ts=ts, sequence=len(sent), **rest)
            bench.write(arrival)
            sent[arrival.event.id] = arrival
        check(bench, device, sent)
    bench.settle()
    check(bench, device, sent)


def check(bench: Bench, device: str, sent: dict[str, Arrival]) -> None:
    out = {arrival.event.supersedes for arrival in sent.values()}
    claims: dict[str, list[Any]] = {}
    for arrival in sent.values():
        if arrival.event.id not in out:
            claims.setdefault(arrival.event.time, []).append(content_of(arrival.payload))  # type: ignore[arg-type]
    standing = {time: max(each, key=lambda one: believed(METRIC, one)) for time, each in claims.items()}
    expected = [(time, standing[time].value) for time in sorted(standing)]
    assert bench.values(device) == expected
    assert [row["time"] for row in latest_readings(bench.reader) if row["device"] == device] == [
        time for time, _ in expected[-1:]
    ]
    samples: list[Sample] = [(parse_time(time), 0, *standing[time][:2], 0, None) for time in sorted(standing)]
    figures = steps(samples, HOUR_MS)
    found = curves(bench.reader, ReadingFilter(device), HOUR_MS)
    assert [curve.time_ms for curve in found] == ([sorted(figures)] if figures else [])
    assert [curve.mean for curve in found] == (
        [[figures[s].mean for s in sorted(figures)]] if figures else []
    )
