"""The life of the sensors behind one bridge: each reads its cabinet, then publishes or stays silent."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from simulators.cold_chain.fridge import Sample, SimulatedFridge
from simulators.cold_chain.zigbee_fridge import ZigbeeBridge

PAST_EVERY_MINUTES = 3.0
PAST_AFTER_SECONDS = 2.0  # a hub that starts beside us must be listening: nobody repeats the past
STAGGER_SECONDS = 0.1  # sensors do not speak all at once, and the tenth still shows within the first second


@dataclass(frozen=True, slots=True)
class Pace:
    """A sensor reads every ``every_seconds``; the world goes ``speed`` times as fast as the clock.

    ``past_minutes`` before the beginning it went as fast as the clock.
    """

    every_seconds: float = 5.0
    speed: float = 20.0
    past_minutes: float = 0.0

    @property
    def world_minutes(self) -> float:
        """How far the world goes between two readings."""
        return self.every_seconds * self.speed / 60


async def live(bridge: ZigbeeBridge, fridges: Sequence[SimulatedFridge], pace: Pace) -> None:
    """Let all sensors live until cancelled; the bridge is started and stopped here."""
    now = datetime.now(UTC)
    pasts = [(fridge, past(fridge, pace.past_minutes, now)) for fridge in fridges]
    bridge.start()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_tell(bridge, pasts), name="past")
            for number, fridge in enumerate(fridges):
                group.create_task(_one(bridge, fridge, pace, number), name=f"fridge[{fridge.plan.id}]")
    finally:
        await asyncio.to_thread(bridge.stop)


def past(fridge: SimulatedFridge, minutes: float, now: datetime) -> list[tuple[datetime, Sample]]:
    """What a cabinet at the beginning of its life showed in the ``minutes`` before ``now``."""
    told = []
    fridge.minutes = -minutes
    while fridge.minutes <= -PAST_EVERY_MINUTES:
        sample = fridge.advance(PAST_EVERY_MINUTES)
        if not fridge.silent:
            told.append((now + timedelta(minutes=fridge.minutes), sample))
    return told


async def _tell(
    bridge: ZigbeeBridge, pasts: Sequence[tuple[SimulatedFridge, list[tuple[datetime, Sample]]]]
) -> None:
    """Of sensors that say when they measured: the others would have measured it now.

    Newest first: with what is measured now it never has a gap in which a sensor looks silent.
    """
    await asyncio.sleep(PAST_AFTER_SECONDS)
    for fridge, told in pasts:
        for at, sample in reversed(told) if fridge.plan.last_seen else ():
            bridge.publish(fridge.plan, sample, at)


async def _one(bridge: ZigbeeBridge, fridge: SimulatedFridge, pace: Pace, number: int) -> None:
    await asyncio.sleep(number * STAGGER_SECONDS)
    for due in _ticks(pace.every_seconds):
        await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
        read(bridge, fridge, pace.world_minutes)


def read(bridge: ZigbeeBridge, fridge: SimulatedFridge, minutes: float) -> None:
    """Let ``minutes`` of the world pass, then publish the reading, unless the radio is gone."""
    sample = fridge.advance(minutes)
    bridge.availability(fridge.plan, "offline" if fridge.silent else "online")
    if not fridge.silent:
        bridge.publish(fridge.plan, sample, datetime.now(UTC))


def _ticks(every_seconds: float) -> Iterator[float]:
    """Loop times at which to read, without drift; those missed while the machine slept are skipped."""
    clock = asyncio.get_running_loop().time
    due = clock()
    while True:
        yield due
        due = max(due + every_seconds, clock())
