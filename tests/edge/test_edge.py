"""What an edge tells of itself and of its devices, and what it does with commands."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.edge.commands import Action, Commands
from hub.edge.devices import Device, DeviceBook
from hub.edge.edge import Edge, EdgeSettings
from hub.errors import OperatorError, SpoolFull
from hub.events import format_time
from hub.mqtt.connection import BrokerAddress
from hub.payloads import CommandResult
from hub.wire import Command
from tests.spool.parts import every_row

NOW_MS = 1_790_000_000_000


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    settings = EdgeSettings(
        "edge-1", "lab", "1", tmp_path / "spool.db", tmp_path / "keys", BrokerAddress("127.0.0.1", 1)
    )
    made = Edge(settings, (), lambda _: pytest.fail("there is no device"))
    await made.open()
    yield made
    await made.spool.close()


async def told(edge: Edge) -> list[dict[str, Any]]:
    """Events of the edge, once what it queued is on disk."""
    await edge.spool.commit([])
    return [json.loads(row.body) for row in await every_row(edge.spool)]


async def test_quota_is_an_alarm_at_half_and_at_four_fifths_and_not_every_second(edge: Edge) -> None:
    for share in (0.1, 0.49, 0.5, 0.51, 0.49, 0.5, 0.79, 0.81, 0.79, 0.8, 0.76, 0.81, 0.74, 0.82, 0.2, 0.6):
        edge._quota.look(share)
    alarms = [event["data"] for event in await told(edge)]
    assert [(alarm["kind"], alarm["severity"], alarm["evidence"][:3]) for alarm in alarms] == [
        ("spool.filling", "warning", "50%"),
        ("spool.filling", "critical", "81%"),
        ("spool.filling", "critical", "82%"),
        ("spool.filling", "warning", "60%"),
    ]


async def test_own_event_that_cannot_be_stored_ends_nothing(edge: Edge) -> None:
    edge.spool.books.full = True
    edge.voice.alarm("spool.filling", "critical", "100% of the quota is used")
    edge.spool.books.full = False
    assert await told(edge) == []


async def test_declarations_are_of_the_edge_itself(edge: Edge) -> None:
    record = edge._make_skip("e" * 16, 3, 3, "status", "quota", 7)
    assert record.topic.endswith("/lab/edge-1/edge/spool-skipped-v1")
    assert not record.thinnable


class Desk:
    """Commands with one action; its results."""

    def __init__(self, action: Action) -> None:
        self.results: list[CommandResult] = []
        self.commands = Commands({"quarantine.replay": action}, self._report, lambda: NOW_MS)

    async def _report(self, result: CommandResult) -> None:
        self.results.append(result)

    async def do(self, **changes: Any) -> list[CommandResult]:
        expires = format_time(NOW_MS + 1000)
        fields = {"id": "c1", "at": "", "expires": expires, "by": "u1", "action": "quarantine.replay"}
        await self.commands(json.dumps({**fields, "args": {"capture": "ab"}, **changes}).encode())
        return self.results


async def replayed(command: Command) -> str:
    return f"events={len(command.args)}"


async def refused(_command: Command) -> str:
    raise OperatorError("no capture ab here")


async def full(_command: Command) -> str:
    raise SpoolFull("the spool's quota is used up")


@pytest.mark.parametrize(
    ("action", "outcome"),
    [
        (replayed, ("done", "events=1")),
        (refused, ("refused", "no capture ab here")),
        (full, ("failed", "the spool's quota is used up")),
    ],
)
async def test_command_ends_in_one_result(action: Action, outcome: tuple[str, str]) -> None:
    assert await Desk(action).do() == [CommandResult("c1", *outcome)]  # type: ignore[arg-type]


async def test_command_that_came_too_late_does_nothing() -> None:
    async def never(_command: Command) -> str:
        raise AssertionError("it was expired")

    assert await Desk(never).do(expires=format_time(NOW_MS - 1)) == [CommandResult("c1", "expired")]


async def test_command_of_no_name_is_refused() -> None:
    assert await Desk(replayed).do(action="gate.open") == [
        CommandResult("c1", "refused", "no such action here")
    ]


@pytest.mark.parametrize("changes", [{"expires": "soon"}, {"expires": "2026-01-01T00:00:00"}, {"args": []}])
async def test_command_that_cannot_be_read_is_passed_over(changes: dict[str, Any]) -> None:
    assert await Desk(replayed).do(**changes) == []


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"{}"])
async def test_bytes_that_are_no_command_are_passed_over(body: bytes) -> None:
    desk = Desk(replayed)
    await desk.commands(body)
    assert desk.results == []


def test_every_change_of_a_device_is_heard_once() -> None:
    heard: list[tuple[str, str, int]] = []
    clock = iter(range(1, 100))
    book = DeviceBook(
        lambda device: heard.append((device.state, device.reason, device.since_ms)), lambda: next(clock)
    )
    device = book.add(Device("fridge-1", "lab", "cold_mqtt"))
    book.spoke(device, 50)
    book.spoke(device, 60)
    book.tell(device, "DEGRADED", "probe_failed")
    book.tell(device, "DEGRADED", "probe_failed")
    book.tell(device, "DEGRADED", "clock_wrong")
    book.spoke(device, 70)
    book.tell(device, "OFFLINE", "no answer")
    book.spoke(device, 80)
    assert heard == [
        ("UNKNOWN", "started", 1),
        ("ONLINE", "message", 2),
        ("DEGRADED", "probe_failed", 3),
        ("DEGRADED", "clock_wrong", 3),
        ("OFFLINE", "no answer", 4),
        ("ONLINE", "message", 5),
    ]
    assert device.status().last_message == format_time(80)
