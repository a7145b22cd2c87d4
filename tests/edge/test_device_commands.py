"""Commands for a device: each is done once, in its time, and ends in one result."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from hub.contract import DeviceCommand
from hub.edge.command_shelf import ANSWER_GRACE_MS, MOST_WAITING, CommandShelf
from hub.edge.commands import Commands
from hub.errors import SpoolFull
from hub.events import format_time
from hub.payloads import CommandResult

NOW_MS = 1_790_000_000_000
LIFE_MS = 10_000


class Gate:
    """The shelf of one device, the commands of its edge, and all results."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS
        self.results: list[CommandResult] = []
        self.full = False
        self.shelf = CommandShelf(self._report, lambda: self.now_ms)
        shelves = {"gate-a": self.shelf}
        self.commands = Commands({}, self._report, lambda: self.now_ms, shelves.get)

    async def _report(self, result: CommandResult) -> None:
        if self.full:
            raise SpoolFull("the spool's quota is used up")
        self.results.append(result)

    async def send(self, name: str = "c1", device: str = "gate-a", **changes: Any) -> None:
        life = {"at": format_time(self.now_ms), "expires": format_time(self.now_ms + LIFE_MS)}
        fields = {"id": name, "by": "op-1", "action": "gate.open", "args": {}} | life | changes
        await self.commands(json.dumps(fields).encode(), device)


@pytest.fixture
async def gate() -> Gate:
    return Gate()


@pytest.fixture
async def heard(gate: Gate) -> AsyncIterator[DeviceCommand]:
    """Somebody listens from now on."""
    listening = gate.shelf.commands()
    waiting = asyncio.ensure_future(anext(listening))
    await asyncio.sleep(0)
    await gate.send("first")
    await (await waiting).done()
    gate.results.clear()
    return listening


async def test_it_reaches_its_device_and_ends_as_the_device_says(
    gate: Gate, heard: AsyncIterator[DeviceCommand]
) -> None:
    await gate.send(args={"scan": "none"})
    command = await anext(heard)
    assert (command.action, command.by, command.args) == ("gate.open", "op-1", {"scan": "none"})
    assert gate.results == []
    await command.failed("relay.no_answer")
    await command.done()
    assert gate.results == [CommandResult("c1", "failed", "relay.no_answer")]


async def test_the_same_command_twice_moves_once(gate: Gate, heard: AsyncIterator[DeviceCommand]) -> None:
    await gate.send("c1")
    await gate.send("c1")
    await (await anext(heard)).done()
    await gate.send("c1")
    await gate.send("c2")
    assert (await anext(heard)).id == "c2"
    assert gate.results == [CommandResult("c1", "done")]


async def test_what_waited_too_long_is_never_seen(gate: Gate, heard: AsyncIterator[DeviceCommand]) -> None:
    await gate.send("old")
    gate.now_ms += LIFE_MS + 1
    await gate.send("new")
    assert (await anext(heard)).id == "new"
    assert gate.results == [CommandResult("old", "expired")]


async def test_what_nobody_takes_expires_by_itself(gate: Gate, heard: AsyncIterator[DeviceCommand]) -> None:
    await gate.send("old")
    await gate.shelf.expire()
    assert gate.results == []
    gate.now_ms += LIFE_MS + 1
    await gate.shelf.expire()
    await gate.shelf.expire()
    assert gate.results == [CommandResult("old", "expired")]


async def test_a_device_that_does_not_answer_has_failed(
    gate: Gate, heard: AsyncIterator[DeviceCommand]
) -> None:
    await gate.send()
    command = await anext(heard)
    gate.now_ms += LIFE_MS + ANSWER_GRACE_MS
    await gate.shelf.expire()
    assert gate.results == []
    gate.now_ms += 1
    await gate.shelf.expire()
    await command.done()
    assert gate.results == [CommandResult("c1", "failed", "command.unanswered")]


async def test_a_result_that_cannot_be_stored_is_told_later(
    gate: Gate, heard: AsyncIterator[DeviceCommand]
) -> None:
    await gate.send()
    command = await anext(heard)
    gate.full = True
    with pytest.raises(SpoolFull):
        await command.done()
    gate.full = False
    await command.done()
    assert gate.results == [CommandResult("c1", "done")]


async def test_a_device_that_takes_no_commands_refuses(gate: Gate) -> None:
    await gate.send()
    await gate.send("c2", device="gate-b")
    assert gate.results == [
        CommandResult("c1", "refused", "command.not_taken"),
        CommandResult("c2", "refused", "no such action here"),
    ]


async def test_no_more_wait_than_people_press(gate: Gate, heard: AsyncIterator[DeviceCommand]) -> None:
    for number in range(MOST_WAITING + 1):
        await gate.send(f"c{number}")
    assert gate.results == [CommandResult(f"c{MOST_WAITING}", "refused", "command.too_many")]


def test_a_command_is_shown_without_what_answers_it() -> None:
    async def answer(_outcome: str, _reason: str) -> None:
        raise AssertionError

    assert "answer" not in repr(DeviceCommand("c1", "gate.open", "op-1", 1, answer))
