"""A deliverer that is killed again and again, at a receiver that goes and comes: one effect of each event."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hub.control import ControlClient, ControlUnavailable, serve_control
from hub.errors import OperatorError
from hub.feeds.contract import FeedSettings
from hub.runtime.deliverer_settings import DelivererSettings
from tests.background import background
from tests.conformance.store_arrivals import NOW, From, lab, reading, status
from tests.conformance.store_use import write
from tests.feeds.delivering import NAME, Delivering, a_store, webhook
from tests.feeds.receiver import Receiver
from tests.fire.patience import until_told

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
EVENTS, ROUNDS = 3000, 8


def settings_of(folder: Path, feed: FeedSettings) -> DelivererSettings:
    return DelivererSettings(
        data_dir=str(folder),
        store_url=None,
        store_password=None,
        socket=str(folder / "deliverer.sock"),
        hub_socket=str(folder / "hub.sock"),
        log_format="json",
        log_level="error",
        destinations=(feed,),
    )


@asynccontextmanager
async def deliverer(settings: DelivererSettings) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub.runtime.deliverer_process", stdin=asyncio.subprocess.PIPE
    )
    assert process.stdin
    process.stdin.write(msgspec.json.encode(settings))
    process.stdin.close()
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def state(folder: Path) -> dict[str, Any]:
    try:
        told = await ControlClient(folder / "deliverer.sock").call("destination.states")
    except (ControlUnavailable, OperatorError):
        return {}
    return next(iter(told["items"]), {})


async def a_day(hub: Delivering, events: int) -> None:
    """Results with corrections, readings and statuses, in batches."""
    for first in range(0, events, 100):
        batch = []
        for n in range(first, first + 100, 4):
            result = lab(f"S-{n}")
            corrected = lab(f"S-{n}", call="POS", status="C", supersedes=result.event.id)
            batch += [result, reading(ts=NOW + n), corrected]
            batch.append(status(From(f"gate-{n}"), "ONLINE", since=NOW + n))
        await write(hub.store, *batch)


async def test_one_effect_of_each_event(tmp_path: Path) -> None:
    chance = random.Random(9)

    def sometimes(event: dict[str, Any], before: int) -> int:
        return 503 if before == 0 and chance.random() < 0.002 else 204

    receiver = Receiver(answers=sometimes)
    await receiver.start()
    settings = settings_of(tmp_path, webhook(receiver.url, at_once=16))
    async with a_store(tmp_path) as hub, background(serve_control(tmp_path / "hub.sock", hub.desk.calls())):
        await a_day(hub, EVENTS)
        for round_ in range(ROUNDS):
            async with deliverer(settings) as process:
                reached = min(EVENTS - 200, (round_ + 1) * 300 + chance.randrange(100))
                await receiver.until_effects(reached)
                if round_ % 3 == 0:  # its machine goes first
                    await receiver.stop()
                    await receiver.start()
                os.kill(process.pid, signal.SIGKILL)
                await process.wait()
        async with deliverer(settings):

            async def all_there() -> bool:
                if (await hub.counts()).waiting:  # nobody waits for the next attempt
                    rows = await hub.reader.outbox_rows(NAME, 0, limit=1000)
                    await hub.desk.replay(NAME, "lan", numbers=[row.number for row in rows])
                return (await hub.row()).number >= EVENTS and not (await hub.counts()).waiting

            await until_told(all_there, "all is delivered", 120)
        row = await hub.row()
    assert (row.wanted, row.taken) == (EVENTS, EVENTS + row.replayed)
    assert len(receiver.effects) == EVENTS
    assert sum(receiver.seen.values()) >= EVENTS
    calls: dict[str, list[str]] = {}
    for event in receiver.effects.values():
        if event["type"] == "lab.result.v1":
            calls.setdefault(event["subject"], []).append(event["data"]["call"])
    assert set(map(tuple, calls.values())) == {("NEG", "POS")}, "a correction never comes first"
    await receiver.stop()


async def test_two_deliverers_settle_nothing_twice(tmp_path: Path) -> None:
    """One that was not killed in time beside its successor."""
    receiver = Receiver()
    await receiver.start()
    feed = webhook(receiver.url)
    one = settings_of(tmp_path, feed)
    other = msgspec.structs.replace(one, socket=str(tmp_path / "other.sock"))
    async with a_store(tmp_path) as hub, background(serve_control(tmp_path / "hub.sock", hub.desk.calls())):
        await a_day(hub, 400)
        async with deliverer(one), deliverer(other):
            row = await hub.until_settled(400)
    assert (row.wanted, row.taken) == (400, 400)
    assert len(receiver.effects) == 400
    await receiver.stop()
