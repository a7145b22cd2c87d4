"""Figures of the hub as a projection samples them: of a real socket and a real store, each of them a line."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from hub.control import serve_control
from hub.figures import SPOOL_USED, WAITING
from hub.runtime.health_and_metrics import Observer
from hub.runtime.hub_sampling import HubSampling, Parts
from storage.influx.cardinality import SeriesLimit
from storage.influx.pages import PageOfLog
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.background import background
from tests.fire.patience import until_told
from tests.influx.line_parser import parse


def behind() -> Parts:
    return {"projection.victoria": {"backlog": 12, "lag_seconds": 0.5}}


def observed() -> Observer:
    """A hub whose spool and store are components and have figures, too."""
    observer = Observer("up", None, None)
    observer.health.component("spool").ok()
    observer.health.component("store").degraded("the disk is slow")
    observer.registry.add(lambda: iter([WAITING.sample(3), SPOOL_USED.sample(4096)]))
    return observer


@asynccontextmanager
async def sampling(folder: Path, observer: Observer) -> AsyncIterator[HubSampling]:
    store, reader = SqliteStore(folder / "store.db"), SqliteReader(folder / "store.db")
    await store.open()
    await reader.open()
    try:
        async with background(serve_control(folder / "s", observer.calls())):
            yield HubSampling("dong-nai", folder / "s", folder, reader, behind)
    finally:
        await reader.close()
        await store.close()


async def test_a_sample_has_states_and_figures_of_the_same_part(tmp_path: Path) -> None:
    async with sampling(tmp_path, observed()) as hub:
        samples = []

        async def answers() -> bool:
            if sample := await hub.sample():
                samples.append(sample)
            return bool(samples)

        await until_told(answers, "the socket answers")
    found = PageOfLog(SeriesLimit()).sample(samples[0])
    assert (found.unwritable, found.over_limit) == ([], 0)
    parts = {parse(line.text).tags["part"]: parse(line.text).fields for line in found.lines}
    assert parts["spool"] == {"state": 0, "waiting": 3, "used_bytes": 4096}
    assert parts["store"]["state"] == 1
    assert parts["store"]["used_bytes"] > 0
    assert parts["incidents"] == {"info": 0, "warning": 0, "critical": 0}
    assert parts["quarantine"] == {"waiting": 0}
    assert parts["log"] == {"last_number": 0}
    assert parts["disk"]["free_bytes"] > 0
    assert parts["projection.victoria"] == {"backlog": 12, "lag_seconds": 0.5}


async def test_a_hub_that_is_away_gives_no_sample(tmp_path: Path) -> None:
    reader = SqliteReader(tmp_path / "store.db")
    hub = HubSampling("dong-nai", tmp_path / "s", tmp_path, reader, behind)
    assert await hub.sample() is None
