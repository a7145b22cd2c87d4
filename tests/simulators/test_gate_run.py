"""Simulated gates against something that only listens: what is heard is what the truth says was shown."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from simulators.gates.framing import FRAMINGS
from simulators.gates.gate_life import Habits
from simulators.gates.gate_plan import GateLines, GatePlan, gates
from simulators.gates.gate_rules import OPEN, PROVED
from simulators.gates.gate_run import GateRun, gate_run
from simulators.gates.gate_truth import GateTruth
from simulators.gates.gate_wires import GateWires
from simulators.gates.relay_board import RelayBoard
from simulators.gates.zone_life import Stay
from simulators.gates.zone_people import World
from simulators.truth import TruthFile
from tests.cable import HAS_SOCAT, cable
from tests.fire.patience import until_told
from tests.ports import free_port
from tests.simulators.gate_sinks import CodeSink, PushSink, bare

LONGEST_SECONDS = 90
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SPOKEN = tuple(framing for framing in FRAMINGS if not framing.silent)


def world(people: int = 60, **habits: float) -> World:
    return World(people, 7, NOW, Habits(**habits), Stay(least=0.0))


def ended(plans: tuple[GatePlan, ...]) -> tuple[GatePlan, ...]:
    """With framings that say where a code ends: no gap is waited for."""
    return tuple(
        replace(plan, framing=SPOKEN[place % len(SPOKEN)]) if plan.framing.silent else plan
        for place, plan in enumerate(plans)
    )


@asynccontextmanager
async def running(
    path: Path, plans: tuple[GatePlan, ...], lines: GateLines, people: World, board: RelayBoard | None = None
) -> AsyncIterator[tuple[GateRun, asyncio.Task[None]]]:
    with TruthFile(path) as file:
        run = gate_run(plans, people, GateWires(lines), GateTruth(file), board)
        work = asyncio.create_task(run.run())
        try:
            yield run, work
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)


def records(path: Path, kind: str) -> list[dict[str, Any]]:
    told = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    return [record for record in told if record["kind"] == kind]


def shown_by(path: Path, *, again: bool = True) -> Counter[str]:
    """Shows of each gate."""
    return Counter(each["device"] for each in records(path, "shown") if again or not each["again"])


async def test_every_show_of_the_truth_is_heard_from_its_gate_in_its_framing(tmp_path: Path) -> None:
    sink = await CodeSink().start()
    lines = GateLines(tcp=("127.0.0.1", sink.port))
    plans, truth = ended(gates(4, 2, lines, PROVED)), tmp_path / "truth.jsonl"
    async with (
        asyncio.timeout(LONGEST_SECONDS),
        running(truth, plans, lines, world(wrong=0.2, doubled=0.2)) as (
            run,
            work,
        ),
    ):
        await work
        shown = shown_by(truth)
        await sink.until(shown.total())
    await sink.close()
    heard = Counter[str]()
    for (address, _), count in sink.heard.items():
        heard[next(plan.id for plan in plans if plan.address == address)] += count
    assert heard == shown
    settled = [each["number"] for each in records(truth, "settled")]
    first = [each["number"] for each in records(truth, "shown") if not each["again"]]
    assert sorted(settled) == first
    assert {"allow", "deny", "retry"} == {each["decision"] for each in records(truth, "shown")}
    assert sum(run.truth.counts[name] for name in ("allow", "deny", "retry")) == len(first)
    assert {each["zone"] for each in records(truth, "zone")} == {"diem-001", "diem-002"}


async def test_a_show_stands_in_the_truth_before_a_byte_of_it_is_heard(tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    known: list[int] = []
    codes: list[int] = []

    class Watchful(CodeSink):
        async def _took(self, peer: str, heard: list[bytes]) -> None:
            codes.append(len(heard))
            known.append(shown_by(truth).total())
            await super()._took(peer, heard)

    sink = await Watchful().start()
    lines = GateLines(tcp=("127.0.0.1", sink.port))
    plans = ended(gates(2, 1, lines, OPEN))
    async with asyncio.timeout(LONGEST_SECONDS), running(truth, plans, lines, world()) as (_, work):
        await work
        await sink.until(shown_by(truth).total())
    await sink.close()
    so_far = 0
    for count, told in zip(codes, known, strict=True):
        so_far += count
        assert told >= so_far


async def test_people_show_their_code_again_to_a_hub_that_comes_back(tmp_path: Path) -> None:
    first = await CodeSink(dies_after=1000).start()
    lines = GateLines(tcp=("127.0.0.1", first.port))
    plans, truth = ended(gates(2, 1, lines, OPEN))[:1], tmp_path / "truth.jsonl"
    async with asyncio.timeout(LONGEST_SECONDS), running(truth, plans, lines, world(200)) as (run, work):
        await first.until(1)
        await first.close()
        second = await CodeSink(port=first.port).start()
        await work
        await second.until(1)
    await second.close()
    heard = {code for _, code in (*first.heard, *second.heard)}
    people = {each["person"] for each in records(truth, "shown")}
    assert len(heard) == len(people)
    assert run.wires.counts().again > 0


async def test_a_scanner_that_waits_is_dialled(tmp_path: Path) -> None:
    port = free_port()
    lines = GateLines(listening=("127.0.0.1", port))
    plans, truth = ended(gates(2, 1, lines, OPEN))[:1], tmp_path / "truth.jsonl"
    sink = CodeSink()
    async with asyncio.timeout(LONGEST_SECONDS), running(truth, plans, lines, world()) as (_, work):
        streams = await dialled(port)
        await asyncio.gather(work, sink.hear(*streams))
    assert sink.heard.total() == shown_by(truth).total() > 50


@pytest.mark.skipif(not HAS_SOCAT, reason="socat is not installed")
async def test_a_serial_line_carries_the_codes_of_one_gate(tmp_path: Path) -> None:
    async with cable(tmp_path) as ends, asyncio.timeout(LONGEST_SECONDS):
        ours, scanner = map(Path, ends)
        lines = GateLines(serial=(scanner,))
        plans, truth = gates(1, 1, lines, OPEN), tmp_path / "truth.jsonl"
        heard = bytearray()
        with ours.open("rb", buffering=0) as line:
            loop, enough = asyncio.get_running_loop(), asyncio.Event()

            def hears() -> None:
                heard.extend(line.read(65536))
                if heard.count(b"\r") >= 20:
                    enough.set()

            loop.add_reader(line, hears)
            async with running(truth, plans, lines, world(20)) as (_, work):
                await asyncio.gather(work, enough.wait())
            loop.remove_reader(line)
    assert shown_by(truth).total() == 20
    assert len({bare(code) for code in bytes(heard).split(b"\r") if code}) == 20


async def test_gates_that_push_send_everything_once_whatever_they_are_answered(tmp_path: Path) -> None:
    sink = await PushSink(refusals=3).start()
    lines = GateLines(url=f"http://127.0.0.1:{sink.port}")
    plans, truth = gates(4, 1, lines, OPEN, (600, -600)), tmp_path / "truth.jsonl"
    people = world(80, doubled=0.2, backlog=0.2)
    async with asyncio.timeout(LONGEST_SECONDS), running(truth, plans, lines, people) as (_, work):
        await work
    await sink.close()
    told = Counter(name for name, _, _ in sink.scans)
    shown = shown_by(truth)
    assert {f"EPI{name.upper().replace('-', '')}" if name not in told else name for name in shown} == set(
        told
    )
    assert told.total() == shown.total()
    once = {(name, code, at) for name, code, at in sink.scans}
    assert len(once) == len([each for each in records(truth, "shown") if not each["again"]])
    assert {each["outcome"] for each in records(truth, "settled")} == {"stored"}


async def test_people_wait_until_the_gate_opens_and_show_again_where_it_does_not(tmp_path: Path) -> None:
    board, sink = RelayBoard(), await CodeSink().start()
    await board.start()
    lines = GateLines(tcp=("127.0.0.1", sink.port))
    plans, truth = ended(gates(2, 1, lines, OPEN))[:1], tmp_path / "truth.jsonl"
    people = world(4)
    async with asyncio.timeout(LONGEST_SECONDS), running(truth, plans, lines, people, board) as (_, work):
        for number in range(1, 5):
            await sink.until(number)
            await opens(board, plans[0].id)
        await work
    await board.close()
    await sink.close()
    assert [each["outcome"] for each in records(truth, "settled")] == ["opened"] * 4
    assert board.pulses == {plans[0].id: 4}
    assert sink.heard.total() == 4


async def dialled(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Once somebody listens there."""
    found: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def there() -> bool:
        with suppress(ConnectionRefusedError):
            found.append(await asyncio.open_connection("127.0.0.1", port))
        return bool(found)

    await until_told(there, "the scanner listens", LONGEST_SECONDS)
    return found[0]


async def opens(board: RelayBoard, gate: str) -> None:
    """As a hub does that wants it open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", board.port)
    writer.write(f"POST /{gate}/open HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nON!".encode())
    assert (await reader.readuntil(b"OK")).startswith(b"HTTP/1.1 200")
    writer.close()
    await writer.wait_closed()


async def test_a_way_out_of_where_nobody_can_come_in_ends_at_once(tmp_path: Path) -> None:
    sink = await CodeSink().start()
    lines = GateLines(tcp=("127.0.0.1", sink.port))
    plans = ended(gates(2, 1, lines, OPEN))[1:]
    async with (
        asyncio.timeout(LONGEST_SECONDS),
        running(tmp_path / "truth.jsonl", plans, lines, world()) as (
            _,
            work,
        ),
    ):
        await work
    await sink.close()
    assert not sink.heard


def test_gates_come_in_pairs_and_as_many_as_there_is_room_for(tmp_path: Path) -> None:
    everything = GateLines(("a", 1), ("b", 2), (tmp_path,), "http://c")
    plans = gates(9, 2, everything, OPEN)
    assert [plan.way for plan in plans] == [
        "serial", "tcp", "listening", "listening", "json", "json", "zkteco", "zkteco", "tcp",
    ]  # fmt: skip
    assert len({plan.address for plan in plans if plan.way == "tcp"}) == 2
    assert not any(plan.rules.passback for plan in plans if plan.has_clock)
    assert len(gates(5, 1, GateLines(serial=(tmp_path,)), OPEN)) == 1
