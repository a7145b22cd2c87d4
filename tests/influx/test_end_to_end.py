"""A device's readings arrive at a real server by way of ``epihub up``, whatever is killed on the way."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from api.keys import add_key
from hub.cli.projection import app
from hub.clock import now_ms
from hub.control import SOCKET, ControlClient, ControlUnavailable
from hub.errors import OperatorError
from tests.fire.installation import Installation, Layout
from tests.fire.patience import until_told
from tests.fire.test_pushes import FIRST, FRIDGE, RECORDS, post, report, until_api
from tests.influx.servers import Influxd, TimeSeriesServer, VictoriaMetrics

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
DAY = int(FIRST.timestamp()) // 86_400
OF_ANY_HUB = ("store", "partitions", "log", "quarantine", "incidents", "disk", "projection.tsdb")
TAGS = ("site", "device", "metric")


@dataclass
class Fed:
    """An installation whose fridge posts, and the server that it feeds."""

    installation: Installation
    server: TimeSeriesServer
    database: str
    key: str

    @property
    def control(self) -> ControlClient:
        return ControlClient(self.installation.data / SOCKET)

    async def state(self) -> dict[str, Any]:
        """Of the projection; empty while the projector is away."""
        try:
            told = await self.control.call("projection.states")
        except (ControlUnavailable, OperatorError):
            return {}
        found: dict[str, Any] = told["items"][0]
        return found

    async def until_state(self, **wanted: Any) -> None:
        async def so() -> bool:
            told = await self.state()
            return bool(told) and all(told[key] == value for key, value in wanted.items())

        await until_told(so, f"the projection stands at {wanted}", 90)

    async def is_well(self) -> bool:
        return bool((await self.installation.component("projections"))["state"] == "ok")

    def at_server(self) -> dict[str, int]:
        """Points of each metric of the fridge, as the server shows them."""
        self.server.show()
        found = self.server.read_back(self.database).days("epihub_reading", "value", TAGS, DAY, DAY + 4)
        return {
            metric: sum(day.count for day in days)
            for (site, device, metric), days in found.items()
            if (site, device) == (self.database, "tu-lanh-01")
        }

    async def until_there(self) -> None:
        """Exactly the posted readings.

        Asked once they are answered: VictoriaMetrics remembers for a while which series it did not have.
        """

        async def answered() -> bool:
            told = await self.state()
            return bool(told) and told["answered"] >= RECORDS and not told["backlog"]

        await until_told(answered, "all that is in the store is answered", 90)

        async def there() -> bool:
            return (await asyncio.to_thread(self.at_server)).get("temp.vaccine") == RECORDS

        await until_told(there, "the server has every reading", 90)

    async def until_sampled(self, *parts: str) -> None:
        """The hub's own figures are there, of these parts too."""

        async def there() -> bool:
            return await asyncio.to_thread(self._parts_at_server) >= {*parts, *OF_ANY_HUB}

        await until_told(there, "the hub's figures are there", 60)

    def _parts_at_server(self) -> set[str]:
        self.server.show()
        today, back = now_ms() // 86_400_000, self.server.read_back(self.database)
        figures = ("state", "last_number", "waiting", "critical", "free_bytes", "backlog")
        found = [
            back.days("epihub_hub", each, ("hub", "part"), today - 1, today + 2, only={"hub": self.database})
            for each in figures
        ]
        return {part for each in found for _, part in each}


@asynccontextmanager
async def fed(folder: Path, server: TimeSeriesServer, layout: Layout = "one machine") -> AsyncIterator[Fed]:
    """Started; its site has the database's name, so that a server of many tests tells them apart."""
    installation, database = Installation.make(folder, layout), server.new_database()
    projection = '[[projection]]\nname = "tsdb"\nkind = "influx"\nhealth_seconds = 1\n'
    text = installation.config.read_text("utf-8").replace('"bv-fire"', f'"{database}"')
    text = text.replace('name = "fire"', f'name = "{database}"')
    installation.config.write_text(text + FRIDGE + projection + server.settings(database), "utf-8")
    try:
        await installation.start(installation.hub_role)
        key = add_key(installation.data / "api-keys.json", "device")
        await until_api(installation)
        yield Fed(installation, server, database, key)
    finally:
        await installation.end()


async def test_what_a_device_posts_arrives(tmp_path: Path, victoria_metrics_server: VictoriaMetrics) -> None:
    async with fed(tmp_path, victoria_metrics_server) as run:
        assert await post(run.installation, run.key, report()) == httpx.codes.OK
        await run.until_there()
        await run.until_state(state="following", backlog=0)
        told = await run.state()
        await until_told(run.is_well, "health says so")
        metrics = (await run.installation.call("up", "metrics"))["text"]
        await run.control.call("projection.pause", name="tsdb", by="u-1")
        await run.until_state(state="paused", paused_by="u-1")
        await run.control.call("projection.resume", name="tsdb", by="test")
        await run.until_state(state="following")
    assert told["rejected"] == 0
    assert told["last_answer"] == "written"
    assert 'epihub_projection_state{projection="tsdb"} 0' in metrics


async def test_projector_and_hub_are_killed(tmp_path: Path, influxd_server: Influxd) -> None:
    async with fed(tmp_path, influxd_server) as run:
        for n in range(3):
            victim = ("projector", "hub")[n % 2]
            pid = await run.installation.child_pid(victim)
            posting = asyncio.create_task(post(run.installation, run.key, report())) if n == 1 else None
            os.kill(pid, signal.SIGKILL)
            await run.installation.until_child_is_another(victim, pid)
            if posting:
                assert await posting == httpx.codes.OK
        await run.until_there()
        await run.until_state(state="following", backlog=0)
        await run.until_sampled("spool", "bus")


def said(run: Fed, *words: str) -> str:
    """By ``epihub projection``; it ended well."""
    ended = CliRunner().invoke(app, [*words, "--data", str(run.installation.data)])
    assert ended.exit_code == 0, ended.output
    return ended.stdout


async def test_a_hub_alone_feeds_a_server_and_people_look_at_it(
    tmp_path: Path, influxd_server: Influxd
) -> None:
    async with fed(tmp_path, influxd_server, "two processes") as run:
        await run.until_state(state="following", last_answer="written")
        await run.until_sampled()
        listed = await asyncio.to_thread(said, run, "list")
        told = json.loads(await asyncio.to_thread(said, run, "list", "--json"))
        paused = await asyncio.to_thread(said, run, "pause", "tsdb", "--by", "u-an")
        await run.until_state(state="paused", paused_by="u-an")
        while_paused = await asyncio.to_thread(said, run, "list")
        resumed = await asyncio.to_thread(said, run, "resume", "tsdb", "--by", "u-an")
        await run.until_state(state="following")
        rejected = await asyncio.to_thread(said, run, "rejected", "tsdb")
        with pytest.raises(OperatorError, match="no projection of this name"):
            await run.control.call("projection.pause", name="other", by="u-an")
        with pytest.raises(OperatorError, match="no such call"):
            await ControlClient(run.installation.data / "projector.sock").call("projection.settle")
    assert listed.startswith("tsdb                 ")
    assert "events behind (" in listed
    assert told["name"] == "tsdb"
    assert (paused, resumed, rejected) == ("tsdb is paused\n", "tsdb goes on\n", "")
    assert "paused by u-an since 20" in while_paused
