"""Alarms at an edge: silent while the hub is there, heard when it is not, and every word of it told later."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hub.contract import Fact
from hub.control import Answer, serve_control
from hub.edge.encoder import Made, Origin, encode, note
from hub.events import format_time
from hub.payloads import Alarm, DeviceStatus, Reading
from hub.runtime.edge_alarm_settings import EdgeAlarmSettings
from hub.runtime.edge_alarms import EdgeAlarms
from hub.runtime.settings import Dial
from hub.spool import Spool
from storage.notices import NoticeRow
from storage.sqlite.reader import SqliteReader
from tests.fire.patience import until, until_told
from tests.hub.quick_frost import MINUTE, QUICK_FROST
from tests.notify.bench import told as told_over
from tests.notify.gateway import Gateway, gateway
from tests.notify.made import AN, NOON
from tests.ports import free_port
from tests.spool.parts import opened

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("late_at_once")]
ORIGIN = Origin("kho-vac-xin", "kho-1", "fridge-01")


class Bench:
    """An edge's spool, its alarms with a clock of their own, a gateway, and what the hub would hear."""

    def __init__(self, folder: Path, spool: Spool, hook: Gateway) -> None:
        self.spool = spool
        self.hook = hook
        self.now_ms = NOON
        self.words: list[Alarm] = []
        self.settings = EdgeAlarmSettings(
            edge="kho-1",
            site="kho-vac-xin",
            folder=str(folder / "alarms"),
            spool=str(spool.path),
            socket=str(folder / "alarms.sock"),
            edge_socket=str(folder / "edge.sock"),
            dial=Dial("127.0.0.1", free_port(), "kho-1", "nobody is there"),
            timezone="Asia/Ho_Chi_Minh",
            apart_seconds=120,
            log_format="json",
            log_level="info",
            profiles=(QUICK_FROST,),
            notify=told_over(hook, gather_seconds=0),
        )
        self.alarms = EdgeAlarms(self.settings, lambda: self.now_ms)
        self.reader = SqliteReader(folder / "alarms" / "store.db")

    async def tell(self, words: list[dict[str, Any]]) -> Answer:
        self.words += [msgspec.convert(word["alarm"], Alarm) for word in words]
        return {"outcome": "done"}

    async def freeze(self) -> str:
        """Below -0.5 °C for 20 minutes; the id of its incident."""
        status = DeviceStatus("ONLINE", "x", format_time(NOON), kind="cold_http", profile="fridge")
        records = [note(ORIGIN, status, "fridge-01/status", NOON)]
        for minute in range(-20, 1, 10):
            at_ms = self.now_ms + minute * MINUTE
            reading = Reading("temp.vaccine", -1.5, "Cel")
            records.append(encode(ORIGIN, Fact(reading, f"t|{at_ms}", at_ms), Made(at_ms))[0])
        await self.spool.commit(records)
        found: list[NoticeRow] = []

        async def planned() -> bool:
            found[:] = [row for row in await self.reader.notices("WAITING", limit=99) if row.urgent]
            return bool(found)

        await until_told(planned, "the frost is judged", 10)
        return found[0].incident

    async def states(self) -> dict[tuple[str, str], str]:
        """By kind and state of all notices of the frost, their codes."""
        rows: list[NoticeRow] = []
        for state in ("WAITING", "DELIVERED", "SKIPPED"):
            rows += [row for row in await self.reader.notices(state, limit=99) if row.urgent]
        return {(row.kind, row.state): row.code for row in rows}

    def told(self) -> list[str]:
        """The incidents that people were told of."""
        return [notice["incident"] for body in self.hook.bodies for notice in body["notices"]]

    def said(self) -> list[str]:
        """What the hub hears of the frost, and of the edge itself."""
        return [str(word.change) for word in self.words if word.kind in ("FRZE", "hub.away")]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with opened(tmp_path / "spool.db") as spool, gateway() as hook:
        made = Bench(tmp_path, spool, hook)
        running = [
            asyncio.create_task(serve_control(tmp_path / "edge.sock", {"alarms.tell": made.tell})),
            asyncio.create_task(made.alarms.run()),
        ]
        await until(lambda: made.alarms.runner.figures.at_ms > 0, "alarms run")
        await made.reader.open()
        yield made
        await made.reader.close()
        for task in running:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*running)


async def test_with_the_hub_there_it_is_silent(bench: Bench) -> None:
    """What was due for two minutes was the hub's to tell; the hub hears only that the edge has found it."""
    bench.alarms.presence.there = True
    await bench.freeze()
    bench.now_ms += 2 * MINUTE

    async def left() -> bool:
        return (await bench.states()).get(("RAISED", "SKIPPED")) == "hub"

    await until_told(left, "the notice is left to the hub", 10)
    assert bench.hook.calls == 0
    assert bench.said() == ["REUNITED"]


async def test_after_two_minutes_without_the_hub_it_speaks_and_the_hub_hears_of_it(bench: Bench) -> None:
    incident = await bench.freeze()
    assert bench.hook.calls == 0
    bench.now_ms += 2 * MINUTE
    await bench.hook.until(lambda: incident in bench.told(), 10)
    await until(lambda: len(bench.said()) > 2, "all is told", 10)
    assert sorted(bench.said()) == ["APART", "NOTIFIED", "RAISED"]
    told = next(each for each in bench.words if (each.kind, each.change) == ("FRZE", "NOTIFIED"))
    assert (told.incident, told.subject) == (incident, "fridge-01")
    assert f"to={AN}" in told.evidence
    bench.alarms.presence.there = True
    await until(lambda: bench.said()[-1] == "REUNITED", "the hub hears that it has heard everything", 10)


async def test_what_somebody_answered_at_the_hub_calls_nobody_behind_a_line_that_is_cut(bench: Bench) -> None:
    bench.alarms.presence.there = True
    incident = await bench.freeze()
    bench.alarms.left.take_answers([msgspec.json.encode(incident), b'"of-another-edge"'])

    async def stopped() -> bool:
        return set(await bench.states()) == {("RAISED", "SKIPPED"), ("REMINDER", "SKIPPED")}

    await until_told(stopped, "nothing of it waits", 10)
    bench.alarms.presence.there = False
    bench.now_ms += 24 * 60 * MINUTE
    await until(bench.alarms.speaks, "it would speak")
    assert await stopped()
    assert bench.hook.calls == 0
