"""Somebody has counted who is in a zone: a gate of it tells who set it, and counts on from there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from adapters.qr_gates.gate import Gate
from adapters.qr_gates.gate_commands import SET_COUNT, GateCommands
from hub.contract import Frame
from hub.errors import OperatorError
from hub.events import format_time
from hub.payloads import CommandResult, ZoneCount
from hub.streams import now_ms
from hub.wire import Command
from tests.conformance.memory_outlet import MemoryOutlet
from tests.fire.patience import until
from tests.qr_gates.visitors import NOON_MS, card, gate_of, told

ZONE = "khu-a-trong"


async def order(outlet: MemoryOutlet, name: str = "9f2e6b7c8d9e0f11", **args: Any) -> None:
    """As its edge hands it on, as soon as the gate takes commands."""
    at_ms = now_ms()
    told_at, expires = format_time(at_ms), format_time(at_ms + 60_000)
    command = Command(name, told_at, expires, "k3", SET_COUNT, args)

    def was_taken() -> bool:
        try:
            outlet.shelf.put(command)
        except OperatorError:
            return False
        return True

    await until(was_taken, "the gate takes commands")


@asynccontextmanager
async def obeying(gate: Gate, outlet: MemoryOutlet) -> AsyncIterator[None]:
    """It takes commands; whatever ends it but us fails the test."""
    task = asyncio.create_task(GateCommands(gate).obey())
    yield
    assert not task.done()
    task.cancel()
    await asyncio.wait({task})


async def asked(gate: Gate, outlet: MemoryOutlet, **args: Any) -> CommandResult:
    """How the command ended."""
    async with obeying(gate, outlet):
        await order(outlet, **args)
        await until(lambda: bool(outlet.answers), "the command ended")
    return outlet.answers.pop()


async def test_the_zone_counts_on_from_what_was_set() -> None:
    outlet = MemoryOutlet()
    gate = await gate_of(outlet, zone=ZONE)
    await gate.scanned(Frame(card()), NOON_MS)
    ended = await asked(gate, outlet, zone=ZONE, count=40)
    assert (ended.outcome, ended.reason) == ("done", "count=40")
    assert told(outlet, ZoneCount) == [ZoneCount(ZONE, 40, 1, 0, "set", "k3")]
    await gate.scanned(Frame(card(2)), NOON_MS + 60_000)
    assert gate.zone.count == 41


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ({"zone": ZONE, "count": -1}, "occupancy.count"),
        ({"zone": ZONE, "count": True}, "occupancy.count"),
        ({"zone": ZONE}, "occupancy.count"),
        ({"zone": "khu-b", "count": 3}, "occupancy.other_zone"),
        ({"count": 3}, "occupancy.other_zone"),
    ],
)
async def test_what_makes_no_sense_here_changes_nothing(args: dict[str, Any], reason: str) -> None:
    outlet = MemoryOutlet()
    gate = await gate_of(outlet, zone=ZONE)
    await gate.scanned(Frame(card()), NOON_MS)
    ended = await asked(gate, outlet, **args)
    assert (ended.outcome, ended.reason) == ("refused", reason)
    assert (gate.zone.count, told(outlet, ZoneCount)) == (1, [])


async def test_a_count_that_cannot_be_stored_is_not_set_and_the_next_one_is() -> None:
    outlet = MemoryOutlet()
    gate = await gate_of(outlet, zone=ZONE)
    await gate.scanned(Frame(card()), NOON_MS)
    async with obeying(gate, outlet):
        outlet.hold()
        outlet.refuse = True
        await order(outlet, zone=ZONE, count=40)
        await until(lambda: gate.zone.count == 40, "it waits for its commit")
        outlet.release()
        await until(lambda: gate.zone.count == 1, "it was taken back")
        outlet.refuse = False
        await order(outlet, "0000000000000002", zone=ZONE, count=50)
        await until(lambda: "0000000000000002" in {each.command for each in outlet.answers}, "the next one")
    assert (outlet.answers[-1].outcome, gate.zone.count) == ("done", 50)
    assert told(outlet, ZoneCount) == [ZoneCount(ZONE, 50, 1, 0, "set", "k3")]
