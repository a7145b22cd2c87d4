"""Verify and repair on the real servers: what they drop in silence, what they cannot delete."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from storage.gates import HOUR_MS
from storage.influx.closed_hours import CLOSING_MS
from storage.influx.measurements import gate_hours, readings
from storage.influx.reading.read_back import DayFigures, Point
from storage.influx.server import Answer
from storage.influx.writing import Writer
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.conformance.gate_arrivals import let_in
from tests.conformance.store_arrivals import DAY, NOW, From, lab, reading
from tests.fire.patience import until_told
from tests.influx.compared import TODAY, Compared, told
from tests.influx.follower import Follower
from tests.influx.servers import Influxd, TimeSeriesServer, VictoriaMetrics

pytestmark = pytest.mark.slow

MINUTE = 60_000
# A server shows what it took when it is asked again; a machine that is busy takes its time.
SHOWN_SECONDS = 60.0


class Spoiling:
    """Writes what it is given, but for lines of which ``bad`` says so: those as no line at all."""

    def __init__(self, writer: Writer, bad: Callable[[str], bool]) -> None:
        self.writer = writer
        self.bad = bad

    def write(self, lines: Sequence[str]) -> Answer:
        return self.writer.write(["no line" if self.bad(line) else line for line in lines])

    def close(self) -> None:
        self.writer.close()


async def compared_with(server: TimeSeriesServer, folder: Path) -> AsyncIterator[Compared]:
    database = server.new_database()
    store, reader = SqliteStore(folder / "store.db"), SqliteReader(folder / "store.db")
    writer, back = server.writer(database), server.read_back(database)
    await store.open()
    await reader.open()
    try:
        yield Compared(store, reader, writer, back)
    finally:
        for close in (writer.close, back.close):
            await asyncio.to_thread(close)
        await reader.close()
        await store.close()


@pytest.fixture
async def on_victoria_metrics(
    victoria_metrics_server: VictoriaMetrics, tmp_path: Path
) -> AsyncIterator[Compared]:
    async for compared in compared_with(victoria_metrics_server, tmp_path):
        yield compared


@pytest.fixture
async def on_influxd(influxd_server: Influxd, tmp_path: Path) -> AsyncIterator[Compared]:
    async for compared in compared_with(influxd_server, tmp_path):
        yield compared


def fridge(number: int, site: str, seq: int = 1) -> From:
    return From(f"fridge-{number:02}", site, seq=seq)


async def three_days(compared: Compared, site: str) -> None:
    """Readings of two devices, one person at a gate, one result."""
    for days_ago in (2, 1, 0):
        first = NOW - days_ago * DAY
        told_readings = [
            reading(2.0 + n / 7, fridge(number, site), ts=first + n * MINUTE)
            for number in (1, 2)
            for n in range(20)
        ]
        await compared.write(*told_readings)
    await compared.write(
        reading(9.5, fridge(1, site), ts=NOW - DAY - MINUTE, quality="UNCERTAIN"),
        *let_in("p1", 1, site=site),
        lab("S-1", From(site=site)),
    )


async def until_found(compared: Compared, server: VictoriaMetrics, wanted: list[Any]) -> None:
    """Verify finds ``wanted`` once the server shows all that it took."""

    async def so() -> bool:
        server.show()
        return told(await compared.verify()) == wanted

    await until_told(so, f"verify finds {wanted}", SHOWN_SECONDS)


async def test_victoria_metrics_drops_a_line_in_silence_and_it_is_found_and_sent_again(
    on_victoria_metrics: Compared, victoria_metrics_server: VictoriaMetrics
) -> None:
    compared, site = on_victoria_metrics, "kho-lang-le"
    await three_days(compared, site)
    lost = f" {NOW - DAY + 7 * MINUTE}"
    spoiling = Spoiling(compared.writer, lambda line: "device=fridge-02" in line and line.endswith(lost))
    compared.writer = spoiling
    await compared.project()  # every request was answered with 204: nobody but verify knows
    found = [("epihub_reading", "value", "fridge-02", 1, "fewer")]
    await until_found(compared, victoria_metrics_server, found)
    spoiling.bad = lambda line: False
    report = await compared.verify(repair=True, shown_seconds=SHOWN_SECONDS)
    assert (told(report), report.repaired, report.sent) == ([], 1, 20)
    assert told(await compared.verify()) == []


async def test_victoria_metrics_cannot_delete_what_was_withdrawn(
    on_victoria_metrics: Compared, victoria_metrics_server: VictoriaMetrics
) -> None:
    compared, site = on_victoria_metrics, "kho-rut-lai-1"
    await withdraw(compared, site)
    found = [("epihub_reading", "value", "fridge-01", 0, "withdrawn")]
    await until_found(compared, victoria_metrics_server, found)
    report = await compared.verify(repair=True, shown_seconds=SHOWN_SECONDS)
    assert told(report) == found
    assert report.wrong == 0


async def test_influxd_has_it_all_and_what_lacks_is_sent_again(on_influxd: Compared) -> None:
    compared, site = on_influxd, "kho-day-du"
    await three_days(compared, site)
    await compared.project()
    assert told(await compared.verify()) == []
    gone = Point((site, "edge-1", "fridge-01", "temp.fridge", "Cel"), NOW + 3 * MINUTE)
    await asyncio.to_thread(compared.back.delete, readings.NAME, readings.TAGS, [gone])
    assert told(await compared.verify()) == [("epihub_reading", "value", "fridge-01", 0, "fewer")]
    report = await compared.verify(repair=True, shown_seconds=SHOWN_SECONDS)
    assert (told(report), report.repaired) == ([], 1)


async def test_influxd_deletes_what_was_withdrawn(on_influxd: Compared) -> None:
    compared, site = on_influxd, "kho-rut-lai-2"
    await withdraw(compared, site)
    assert told(await compared.verify()) == [("epihub_reading", "value", "fridge-01", 0, "withdrawn")]
    report = await compared.verify(repair=True, shown_seconds=SHOWN_SECONDS)
    assert (told(report), report.repaired) == ([], 1)
    assert told(await compared.verify()) == []


@pytest.fixture(params=["victoria_metrics_server", "influxd_server"])
async def on_either(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Compared]:
    async for compared in compared_with(request.getfixturevalue(request.param), tmp_path):
        yield compared


async def test_an_hour_of_a_gate_ends_at_exactly_its_count(on_either: Compared) -> None:
    """VictoriaMetrics 1.79.5 keeps any of several values of one instant: it is given one."""
    compared, site, people = on_either, "khu-cach-ly-dong-gio", 40
    follower = Follower(compared.reader, compared.writer.write, Random(1), NOW)
    for person in range(people):
        follower.clock_ms = NOW + person * 1000
        await compared.write(*let_in(f"p{person}", 3 * person + 1, follower.clock_ms, site=site))
        await follower.follow()
    follower.clock_ms = (NOW // HOUR_MS + 1) * HOUR_MS + CLOSING_MS
    await follower.follow()
    compared.settled = follower.progress.number
    await compared.settle()
    ask = partial(compared.back.days, gate_hours.NAME, "allow", gate_hours.TAGS, TODAY, TODAY + 1)
    wanted = {(site, "edge-1", "cong-01", "cong"): [DayFigures(TODAY, 1, people)]}

    async def so() -> bool:
        return await asyncio.to_thread(ask, only={"site": site}) == wanted

    await until_told(so, f"the hour has {people}", SHOWN_SECONDS)
    assert told(await compared.verify()) == []


async def withdraw(compared: Compared, site: str) -> None:
    """A reading is sent, and then taken back."""
    first = reading(50.0, fridge(1, site), ts=NOW)
    await compared.write(first, reading(4.0, fridge(1, site), ts=NOW - MINUTE))
    await compared.project()
    taking_back = fridge(1, site, seq=9)
    await compared.write(reading(5.0, taking_back, ts=NOW + MINUTE, supersedes=first.event.id))
    await compared.project()
