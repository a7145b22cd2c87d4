"""A siren: on while somebody must come; off when he says so, at its button, in time, and at our death."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from hub.alarms.incidents.actions import Acknowledge
from hub.notify.channels.parcel import DELIVERED, Delivery, Parcel
from hub.notify.channels.relay import Relay
from hub.notify.settings import Chain, Channel, NotifySettings, Step
from hub.notify.wording import Text
from tests.notify.bench import Bench, running
from tests.notify.made import AN, SETTINGS
from tests.notify.relay_board import Board, board

# A hub that sounds and is then killed: it says when it does.
SOUNDING = """
import asyncio, sys, msgspec
from hub.notify.channels.relay import Relay
from hub.notify.channels.parcel import Parcel
from hub.notify.settings import Channel
from hub.notify.wording import Text
async def sound():
    relay = Relay(msgspec.json.decode(sys.argv[1], type=Channel))
    told = [{"incident": "i-1", "kind": "RAISED"}]
    print((await relay.send(Parcel("m", "", "", "", Text("", "", ""), told))).code, flush=True)
    await asyncio.sleep(60)
asyncio.run(sound())
"""


@pytest.fixture
async def siren() -> AsyncIterator[Board]:
    async with board() as made:
        yield made


def parcel(kind: str = "RAISED") -> Parcel:
    return Parcel("m", "", "", "", Text("", "", ""), [{"incident": "i-1", "kind": kind}])


def settings(channel: Channel) -> NotifySettings:
    chains = (Chain("all", (Step(0, channels=("siren",)),)),)
    return msgspec.structs.replace(SETTINGS, channels=(channel,), persons=(), schedules=(), chains=chains)


async def incident(bench: Bench) -> str:
    return next(entry.incident for entry in await bench.entries() if entry.kind.value == "RAISED")


async def test_it_sounds_until_somebody_says_that_he_comes(siren: Board, tmp_path: Path) -> None:
    async with running(tmp_path / "store.db", settings(siren.channel())) as bench:
        await siren.until(lambda: siren.switched == [False])  # whatever was before
        await bench.freeze("fridge-01")
        await siren.until(lambda: siren.sounds)
        await bench.settled(1)
        await bench.ledger.act(await incident(bench), Acknowledge(AN))
        await siren.until(lambda: not siren.sounds)


async def test_one_that_is_acknowledged_does_not_silence_the_other(siren: Board, tmp_path: Path) -> None:
    async with running(tmp_path / "store.db", settings(siren.channel(pulse_seconds=0.2))) as bench:
        await bench.freeze("fridge-01", "fridge-02")
        await bench.settled(2)
        one, other = {entry.incident for entry in await bench.entries() if entry.kind.value == "RAISED"}
        await bench.ledger.act(one, Acknowledge(AN))
        pulses = len(siren.switched)
        await siren.until(lambda: len(siren.switched) > pulses + 2)
        assert siren.switched[pulses:].count(False) == 0
        await bench.ledger.act(other, Acknowledge(AN))
        await siren.until(lambda: not siren.sounds)


async def test_the_button_acknowledges_as_its_person(siren: Board, tmp_path: Path) -> None:
    channel = siren.with_button(button_person="button-kho")
    async with running(tmp_path / "store.db", settings(channel)) as bench:
        await bench.freeze("fridge-01")
        await siren.until(lambda: siren.asked >= 1)
        siren.pressed = True
        await siren.until(lambda: len(siren.switched) > 1 and not siren.sounds)
        await bench.settled(SETTINGS.reminders, "SKIPPED")
        acked = (await bench.entries())[-1]
        assert (acked.kind.value, acked.actor) == ("ACKED", "button-kho")
        assert bench.notifier.figures.replies == {"acknowledged": 1}


async def test_a_button_that_is_stuck_acknowledges_nothing(siren: Board, tmp_path: Path) -> None:
    siren.pressed = True
    async with running(tmp_path / "store.db", settings(siren.with_button())) as bench:
        await bench.freeze("fridge-01")
        await siren.until(lambda: siren.asked >= 3)
        assert siren.sounds
        assert "ACKED" not in {entry.kind.value for entry in await bench.entries()}


async def test_it_ends_after_its_time_and_sounds_again_with_the_reminder(
    siren: Board, tmp_path: Path
) -> None:
    async with running(tmp_path / "store.db", settings(siren.channel(most_seconds=1))) as bench:
        await siren.until(lambda: siren.switched == [False])
        await bench.freeze("fridge-01")
        await siren.until(lambda: siren.switched == [False, True, False])
        await bench.settled(1)
        bench.advance(20)
        await siren.until(lambda: siren.switched == [False, True, False, True, False])


async def test_it_goes_on_after_a_restart(siren: Board, tmp_path: Path) -> None:
    told = settings(siren.channel())
    async with running(tmp_path / "store.db", told) as bench:
        await siren.until(lambda: siren.switched == [False])
        await bench.freeze("fridge-01")
        await bench.settled(1)
    assert siren.switched == [False, True, False]
    async with running(tmp_path / "store.db", told) as bench:
        await siren.until(lambda: siren.switched[3:] == [True])
        await bench.ledger.act(await incident(bench), Acknowledge(AN))
        await siren.until(lambda: not siren.sounds)


async def test_a_relay_that_is_away_is_told_and_tried_again(siren: Board, tmp_path: Path) -> None:
    siren.status = 503
    async with running(tmp_path / "store.db", settings(siren.channel())) as bench:
        await bench.freeze("fridge-01")
        await bench.until(lambda rows: any(row.tries for row in rows), "WAITING")
        assert bench.notifier.figures.troubles == {"siren": "http.503"}
        siren.status = 200
        await siren.until(lambda: siren.sounds)


async def test_one_that_is_held_while_all_is_well(siren: Board) -> None:
    """Without current it sounds; a pulse is renewed, and an orderly end leaves it to its own timer."""
    relay = Relay(siren.channel(fail_safe="sounds", pulse_seconds=0.2))

    async def all_call(asked: object) -> set[str]:
        return {"i-1"}

    watching = asyncio.create_task(relay.watch(all_call, lambda _: None, lambda _: None))
    await siren.until(lambda: siren.switched == [True, True, True])
    assert await relay.send(parcel()) == DELIVERED
    await siren.until(lambda: not siren.sounds)
    relay.sounding.clear()
    relay.look()
    await siren.until(lambda: siren.sounds)
    watching.cancel()
    await asyncio.wait({watching})
    assert siren.sounds


async def test_a_test_is_short_and_good_news_are_silent(siren: Board) -> None:
    relay = Relay(siren.channel(), test_seconds=0)
    assert await relay.send(parcel("RETURNED")) == DELIVERED
    assert siren.switched == []
    assert await relay.send(Parcel("test-1", "", "", "", Text("", "", ""))) == DELIVERED
    assert siren.switched == [True, False]


async def test_a_relay_that_redirects_is_not_followed(siren: Board) -> None:
    siren.status = 302
    relay = Relay(siren.channel())
    assert await relay.send(parcel()) == Delivery("again", "http.302")
    siren.status = 200
    await relay._end()  # its guard would try for an hour
    assert siren.switched == [False]


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
async def test_a_hub_that_is_killed_does_not_howl_for_ever(siren: Board, end: signal.Signals) -> None:
    channel = msgspec.json.encode(siren.channel()).decode()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", SOUNDING, channel, stdout=PIPE)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"delivered\n"
    assert siren.sounds
    os.kill(process.pid, end)
    await siren.until(lambda: not siren.sounds)
    await process.wait()
