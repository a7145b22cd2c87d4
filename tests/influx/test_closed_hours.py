"""Hours are sent once they are over: when one closes, what is sent at a start, again, and of late events."""

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from storage.gates import HOUR_MS
from storage.influx.closed_hours import CLOSING_MS, closed_before, end_of_load, first_of_pass
from storage.influx.progress import Progress
from storage.projections import HISTORY_SENT
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.conformance.gate_arrivals import let_in
from tests.conformance.store_arrivals import DAY, NOW
from tests.conformance.store_use import write
from tests.influx.follower import Follower
from tests.influx.kept_server import KeptServer

HOUR = NOW // HOUR_MS  # of the events
OVER = (HOUR + 1) * HOUR_MS + CLOSING_MS


class Scene:
    """A follower of a real store."""

    def __init__(self, store: SqliteStore, reader: SqliteReader) -> None:
        self.store = store
        self.server = KeptServer()
        self.follower = Follower(reader, self.server.write, Random(1), NOW)
        self.people = 0

    async def let_in(self, at_ms: int = NOW) -> None:
        self.people += 1
        await write(self.store, *let_in(f"p{self.people}", 3 * self.people, at_ms))

    async def allowed(self, clock_ms: int) -> dict[int, float]:
        """By hour, as the server has it after the projector followed at ``clock_ms``."""
        self.follower.clock_ms = clock_ms
        await self.follower.follow()
        points = self.server.kept.points.items()
        return {at // HOUR_MS: fields["allow"] for (name, _, at), fields in points if "gate" in name}


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    store, reader = SqliteStore(tmp_path / "store.db"), SqliteReader(tmp_path / "store.db")
    await store.open()
    await reader.open()
    yield Scene(store, reader)
    await reader.close()
    await store.close()


def test_an_hour_is_closed_five_minutes_after_its_end() -> None:
    assert closed_before(OVER - 1) == HOUR
    assert closed_before(OVER) == HOUR + 1


def test_where_the_pass_begins() -> None:
    assert first_of_pass(0, OVER) == HOUR + 1, "log and history send the hours of a new projection"
    assert first_of_pass(OVER, OVER) == HOUR - 1
    assert first_of_pass(OVER - DAY, OVER) == HOUR - 25
    assert first_of_pass(OVER + DAY, OVER) == HOUR - 1, "it was settled by a clock that was ahead"
    assert first_of_pass(1, OVER) == HOUR + 1 - 3660 * 24, "no further than history goes"


def test_a_load_ends_with_its_day() -> None:
    assert end_of_load(48, 100) == 72
    assert end_of_load(71, 100) == 72
    assert end_of_load(72, 73) == 73


def test_hours_that_are_not_settled_are_sent_again_and_so_is_what_a_clock_took_back() -> None:
    progress = Progress("tsdb")
    progress.begin(5, HISTORY_SENT, 100)
    progress.closed(101)
    assert progress.hours == 100
    progress.closed(90)
    assert progress.hours == 90
    progress.back()
    assert (progress.hours, progress.rewinds) == (90, 0)


async def test_a_running_hour_is_sent_when_it_is_over_and_once(scene: Scene) -> None:
    for minute in range(5):
        await scene.let_in(NOW + minute * 60_000)
        assert await scene.allowed(NOW + minute * 60_000) == {}
    assert await scene.allowed(OVER - 1) == {}
    assert await scene.allowed(OVER) == {HOUR: 5}
    requests = scene.server.requests
    assert await scene.allowed(OVER + HOUR_MS - 1) == {HOUR: 5}
    assert scene.server.requests == requests


async def test_a_late_event_changes_an_hour_that_was_sent(scene: Scene) -> None:
    await scene.let_in()
    assert await scene.allowed(OVER) == {HOUR: 1}
    await scene.let_in()
    assert await scene.allowed(OVER) == {HOUR: 2}


async def test_hours_of_a_day_away_are_sent_at_the_start(scene: Scene) -> None:
    """Their events were settled while they ran."""
    await scene.let_in()
    assert await scene.allowed(NOW) == {}
    scene.follower.settle()
    scene.follower.clock_ms = NOW + DAY
    scene.follower.start(NOW)
    assert await scene.allowed(NOW + DAY) == {HOUR: 1}


async def test_a_server_that_was_restarted_gets_hours_again(scene: Scene) -> None:
    await scene.let_in()
    await scene.allowed(NOW)
    scene.follower.settle()
    assert await scene.allowed(OVER) == {HOUR: 1}
    scene.server.kept.points.clear()
    scene.follower.progress.back()
    assert scene.follower.progress.rewinds == 1
    assert await scene.allowed(OVER) == {HOUR: 1}


async def test_a_clock_that_steps_back_opens_its_hours_again(scene: Scene) -> None:
    await scene.let_in()
    assert await scene.allowed(OVER) == {HOUR: 1}
    scene.follower.settle()
    await scene.let_in()
    assert await scene.allowed(NOW) == {HOUR: 1}, "it runs again"
    assert await scene.allowed(OVER) == {HOUR: 2}


async def test_an_hour_that_is_settled_tells_the_number_again(scene: Scene) -> None:
    await scene.let_in()
    await scene.allowed(NOW)
    scene.follower.settle()
    await scene.allowed(OVER)
    (change,) = scene.follower.progress.settled(heard=1.0)
    assert change.number == scene.follower.progress.number > 0
