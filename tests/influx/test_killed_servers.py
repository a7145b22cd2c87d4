"""A server that is killed right after its answer: what it lost is sent again, and nothing counts twice."""

import asyncio
from pathlib import Path

import pytest

from hub.clock import now_ms
from tests.fire.patience import until_told
from tests.influx.servers import TimeSeriesServer, influxd, victoria_metrics
from tests.soak.parts.fed_server import DEVICES, STEP_MS, FedServer, fed_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
READINGS = 20_000
DAY_MS = 86_400_000


async def has_them_all(fed: FedServer) -> bool:
    """Asked until it shows them: exactly once each, and of the right sum."""
    back = fed.settings.read_back()
    assert back is not None
    fed.server.show()
    today = now_ms() // DAY_MS
    only = {"site": fed.settings.name}
    found = await asyncio.to_thread(
        back.days, "epihub_reading", "value", ("device",), today - 2, today + 2, only=only
    )
    count = sum(day.count for days in found.values() for day in days)
    total = sum(day.sum for days in found.values() for day in days)
    return count == READINGS and total == pytest.approx(sum(n % 997 for n in range(READINGS)) / 7, rel=1e-9)


async def course(folder: Path, server: TimeSeriesServer) -> FedServer:
    async with fed_server(folder, server) as fed:
        writing = asyncio.create_task(fed.write(READINGS, now_ms() - READINGS // DEVICES * STEP_MS))
        for n in range(2):
            await fed.until_answered(READINGS * (n + 1) // 5)
            server.kill()
            server.start()
        await fed.kill_projector()
        await writing
        await fed.until_answered(READINGS)
        await until_told(lambda: has_them_all(fed), "the server shows every reading once", 90)
        return fed


async def test_victoria_metrics_loses_what_it_answered(tmp_path: Path) -> None:
    with victoria_metrics() as server:
        fed = await course(tmp_path, server)
    assert fed.rewinds


async def test_influxd_keeps_it_and_counts_nothing_twice(tmp_path: Path) -> None:
    with influxd() as server:
        fed = await course(tmp_path, server)
    assert fed.rewinds
