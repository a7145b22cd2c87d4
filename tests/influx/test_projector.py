"""The loop of a projection over a real store: what is sent, settled, sent again, rejected and passed over."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic

import msgspec
import pytest

from hub.clock import now_ms
from hub.errors import NotCommitted
from storage.contract import Arrival
from storage.influx.measurements.hub import HubSample
from storage.influx.projector import Collaborators, NotSettled, Projector
from storage.influx.server import Away, BadLines, Refused
from storage.influx.settings import ProjectionSettings
from storage.projections import ProjectionChange, ProjectionRow
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.conformance.store_arrivals import DAY, From, lab, reading
from tests.conformance.store_use import maintained, write
from tests.fire.patience import until, until_told
from tests.influx.kept_server import KeptServer

SETTINGS = ProjectionSettings("tsdb", "http://127.0.0.1:8428", bucket="epihub", health_seconds=3600)
NOW = now_ms()
MINUTE = 60_000
NEVER = 1e9  # seconds until something is settled


@dataclass
class Watching:
    """A server that answers all the while, but where a test says otherwise."""

    breaks: int = 0
    since: float | None = field(default_factory=monotonic)

    @property
    def seen_at(self) -> float | None:
        return monotonic()

    @seen_at.setter
    def seen_at(self, at: float | None) -> None: ...

    async def run(self) -> None:
        await asyncio.get_running_loop().create_future()


@dataclass
class Scene:
    """``projector`` runs; ``hub_away``: so many changes are not taken."""

    store: SqliteStore
    reader: SqliteReader
    server: KeptServer
    watch: Watching
    projector: Projector
    hub_away: int = 0

    def values(self) -> dict[tuple[str, int], float]:
        """What the server has of readings: by device and time."""
        return {
            (dict(tags)["device"], at): fields["value"]
            for (name, tags, at), fields in self.server.kept.points.items()
            if name == "epihub_reading" and "value" in fields
        }

    async def row(self) -> ProjectionRow:
        rows = [row for row in await self.reader.projections() if row.name == SETTINGS.name]
        return rows[0] if rows else ProjectionRow(SETTINGS.name)

    async def until_row(self, condition: Callable[[ProjectionRow], bool], what: str) -> None:
        async def so() -> bool:
            return condition(await self.row())

        await until_told(so, what)

    async def until_settled(self) -> None:
        last = (await self.reader.figures()).last_number
        await self.until_row(lambda row: row.number == last, f"settled up to {last}")


@asynccontextmanager
async def running(
    folder: Path,
    *,
    settings: ProjectionSettings = SETTINGS,
    settle_seconds: float = 0,
    server: KeptServer | None = None,
    before: tuple[Arrival, ...] = (),
    days_later: int = 0,
) -> AsyncIterator[Scene]:
    """``before`` are in the store when the projector starts, so many days after they came."""
    store, reader = SqliteStore(folder / "store.db"), SqliteReader(folder / "store.db")
    await store.open()
    await reader.open()
    if before:
        await write(store, *before, received_ms=NOW - days_later * DAY)
        await maintained(store, NOW)

    async def settle(change: ProjectionChange) -> None:
        if scene.hub_away:
            scene.hub_away -= 1
            raise NotSettled("the hub is away")
        try:
            await store.settle_projection(change)
        except NotCommitted as error:
            raise NotSettled("no") from error

    async def sample() -> HubSample | None:
        return HubSample(NOW, "province", {"log": {"last_number": 7}})

    watch, kept = Watching(), server or KeptServer()
    parts = Collaborators(SqliteReader(folder / "store.db"), kept, watch, settle, sample)
    projector = Projector(settings, parts, hub="province", settle_seconds=settle_seconds)
    scene = Scene(store, reader, kept, watch, projector)
    task = asyncio.create_task(projector.run())
    try:
        yield scene
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        for each in (parts.reader, reader, store):
            await each.close()


def readings(count: int, first_ms: int = NOW - 100 * MINUTE) -> tuple[Arrival, ...]:
    return tuple(
        reading(float(n), From("fridge-01", "kho", seq=n + 1), ts=first_ms + n * MINUTE) for n in range(count)
    )


async def test_what_is_stored_arrives_and_is_settled_once(tmp_path: Path) -> None:
    async with running(tmp_path, before=readings(3)) as scene:
        await scene.until_settled()
        await write(scene.store, lab("S-1", time_ms=NOW - 180 * MINUTE))
        await scene.until_settled()
        found = scene.values()
        hours = [key for key in scene.server.kept.points if key[0] == "epihub_analyzer_hour"]
    assert sorted(found.values()) == [0.0, 1.0, 2.0]
    assert len(hours) == 1
    empty = KeptServer()
    async with running(tmp_path, server=empty) as again:
        await until(lambda: again.projector.state.phase == "following", "it has looked at the log")
    assert not again.values(), "what is settled is not sent again"


async def test_a_server_that_was_restarted_gets_again_what_it_may_have_lost(tmp_path: Path) -> None:
    async with running(tmp_path, before=readings(3), settle_seconds=NEVER) as scene:
        await until(lambda: len(scene.values()) == 3, "the readings are there")
        scene.server.kept.points.clear()
        scene.watch.breaks += 1
        await until(lambda: len(scene.values()) == 3, "they were sent again")
        assert scene.projector.state.rewinds == 1
        scene.server.kept.points.clear()
        scene.watch.since = monotonic()  # connected anew, without a break that was seen
        await until(lambda: len(scene.values()) == 3, "they were sent again")
        assert (await scene.row()).number == 0


@pytest.mark.slow
async def test_a_server_that_gave_no_answer_may_have_lost_something_too(tmp_path: Path) -> None:
    async with running(tmp_path, before=readings(3), settle_seconds=NEVER) as scene:
        await until(lambda: len(scene.values()) == 3, "the readings are there")
        scene.server.kept.points.clear()
        scene.server.answers.append(Away("timed_out"))
        await write(scene.store, *readings(1, NOW))
        await until(lambda: len(scene.values()) == 4, "they were sent again")


async def test_a_bad_line_blocks_nobody_and_is_shown(tmp_path: Path) -> None:
    server = KeptServer()
    taken = server.write
    server.write = lambda lines: (  # type: ignore[method-assign]
        BadLines("field type conflict") if any(" value=7.0" in line for line in lines) else taken(lines)
    )
    async with running(tmp_path, before=readings(20), server=server) as scene:
        await scene.until_settled()
        page = await scene.reader.rejected(SETTINGS.name, limit=10, cursor=None)
        assert len(scene.values()) == 19
        assert (await scene.row()).rejected == 1
    (row,) = page.items
    assert (row["number"], row["reason"]) == (8, "field type conflict")
    assert "value=7.0" in row["line"]


async def test_who_refuses_us_loses_nothing(tmp_path: Path) -> None:
    server = KeptServer()
    server.answers.append(Refused("unauthorized"))
    async with running(tmp_path, before=readings(3), server=server) as scene:
        await until(lambda: scene.projector.state.phase == "refused", "it is refused")
        assert scene.projector.state.told()["reason"] == "unauthorized"
        assert (await scene.row()).number == 0


@pytest.mark.slow
async def test_a_projection_that_is_paused_sends_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as scene:
        await until(lambda: scene.projector.state.phase == "following", "it follows")
        await scene.store.settle_projection(ProjectionChange(SETTINGS.name, paused_by="u-1"))
        await until(lambda: scene.projector.state.shown == "paused", "it has seen that")
        requests = scene.server.requests
        await write(scene.store, *readings(3))
        await until(lambda: scene.projector.state.backlog == 3, "it has looked again")
        assert scene.server.requests == requests
        await scene.store.settle_projection(ProjectionChange(SETTINGS.name, paused_by=""))
        await scene.until_settled()
        assert len(scene.values()) == 3


@pytest.mark.slow
async def test_what_the_log_has_no_more_comes_from_the_tables(tmp_path: Path) -> None:
    old = readings(5, NOW - 20 * DAY) + readings(5, NOW - 12 * DAY)
    before = (*old, lab("S-1", time_ms=NOW - 12 * DAY))
    settings = msgspec.structs.replace(SETTINGS, history=True)
    async with running(tmp_path, settings=settings, before=before, days_later=10) as scene:
        await write(scene.store, *readings(2))
        await scene.until_row(lambda row: row.number == 13 and row.history_day is None, "all is sent")
        assert len(scene.values()) == 12
        assert any(name == "epihub_analyzer_hour" for name, _, _ in scene.server.kept.points)


async def test_history_that_nobody_wants_is_not_sent(tmp_path: Path) -> None:
    settings = msgspec.structs.replace(SETTINGS, history=False)
    async with running(
        tmp_path, settings=settings, before=readings(5, NOW - 20 * DAY), days_later=10
    ) as scene:
        await write(scene.store, *readings(2))
        await scene.until_settled()
        assert len(scene.values()) == 2
        assert (await scene.row()).history_day is None


async def test_what_came_after_its_beginning_comes_also_to_a_server_that_was_away_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = msgspec.structs.replace(SETTINGS, history=False)
    old, later = readings(5, NOW - 20 * DAY), readings(2, NOW - 11 * DAY)
    with monkeypatch.context() as away:
        away.setitem(globals(), "Watching", partial(Watching, since=None))
        async with running(tmp_path, settings=settings, before=old, days_later=10) as scene:
            await scene.until_row(lambda row: row.number == 5, "where it began")
    async with running(tmp_path, settings=settings, before=later, days_later=10) as scene:
        came = {NOW - 11 * DAY, NOW - 11 * DAY + MINUTE}
        await until(lambda: came <= {at for _, at in scene.values()}, "what came since")


async def test_another_server_under_the_same_name_gets_everything(tmp_path: Path) -> None:
    async with running(tmp_path, before=readings(3)) as scene:
        await scene.until_settled()
    elsewhere = msgspec.structs.replace(SETTINGS, bucket="other")
    async with running(tmp_path, settings=elsewhere) as scene:
        await until(lambda: len(scene.values()) == 3, "the other one has them")


@pytest.mark.slow
async def test_a_hub_that_is_away_is_told_again(tmp_path: Path) -> None:
    async with running(tmp_path, before=readings(3)) as scene:
        scene.hub_away = 2
        await scene.until_settled()
    assert scene.hub_away == 0


async def test_series_over_the_limit_are_not_sent_and_told(tmp_path: Path) -> None:
    settings = msgspec.structs.replace(SETTINGS, series_most=1)
    others = tuple(reading(1.0, From(f"f-{n}", "kho", seq=n + 1), ts=NOW) for n in range(3))
    async with running(tmp_path, settings=settings, before=others) as scene:
        await scene.until_settled()
        await scene.until_row(lambda row: row.series_over_limit > 0, "it is told")
        assert len(scene.values()) == 1


async def test_the_hub_is_sampled(tmp_path: Path) -> None:
    async with running(tmp_path) as scene:
        await until(lambda: bool(scene.server.kept.points), "the sample is there")
        tags = {"hub": "province", "part": "log"}
        assert scene.server.kept.of("epihub_hub", tags, NOW) == {"last_number": 7}
