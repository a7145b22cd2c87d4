"""A gate's relay and sensor at a Modbus module: pulses end, nothing is left open, no passage is lost."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pymodbus.framer import FramerType
from pymodbus.server import ModbusSerialServer

from adapters.qr_gates.barriers.barrier import BarrierFault
from adapters.qr_gates.barriers.gate_barrier import ModbusLines
from tests.background import background
from tests.cable import HAS_SOCAT, cable, hub_end
from tests.qr_gates.barriers.modules import (
    COIL,
    COUNTER,
    INPUT,
    Module,
    Watched,
    Witness,
    barrier_of,
    coil,
    module,
    sensor,
)

WITH_SOCAT = pytest.mark.skipif(not HAS_SOCAT, reason="socat is not installed")


@pytest.fixture
async def board() -> AsyncIterator[Module]:
    async with module() as made:
        yield made


@pytest.fixture
async def witness() -> Witness:
    return Witness()


async def test_it_is_closed_at_the_start_and_after_each_pulse(board: Module, witness: Witness) -> None:
    barrier = barrier_of(witness, coil(board.port))
    assert not barrier.confirms
    async with background(barrier.run(witness.passed)):
        await board.until(lambda: board.states == [False])
        await barrier.open()
        assert board.states[1] is True, "it returns when the relay has it"
        await board.until(lambda: board.states == [False, True, False])
    assert board.states == [False, True, False, False], "and once more when we leave"
    assert {address for address, _ in board.written} == {COIL}


async def test_a_pulse_that_is_asked_for_again_goes_on(board: Module, witness: Witness) -> None:
    barrier = barrier_of(witness, coil(board.port, pulse_ms=60_000))
    async with background(barrier.run(witness.passed)):
        await board.until(lambda: board.states == [False])
        await asyncio.gather(barrier.open(), barrier.open())
        assert board.states == [False, True, True]
    assert board.states == [False, True, True, False]


@pytest.mark.parametrize(
    ("settings", "states"),
    [
        ({"fail": "open"}, [False, True]),
        ({"energised": "closed"}, [True, True]),
        ({"energised": "closed", "fail": "open"}, [True, False]),
    ],
)
async def test_it_is_left_as_the_settings_say(
    board: Module, witness: Witness, settings: dict[str, Any], states: list[bool]
) -> None:
    async with background(barrier_of(witness, coil(board.port, **settings)).run(witness.passed)):
        await board.until(lambda: len(board.states) == 1)
    assert board.states == states


async def test_a_module_that_is_away_is_told_and_closed_when_it_is_back(witness: Witness) -> None:
    board = Module()
    barrier = barrier_of(witness, coil(board.port))
    async with background(barrier.run(witness.passed)):
        with pytest.raises(BarrierFault, match=r"relay\.no_answer"):
            await barrier.open()
        await witness.until(lambda: witness.troubles == ["relay.no_answer"])
        await board.start()
        await witness.until(lambda: witness.troubles == ["relay.no_answer", ""])
        assert board.states == [False]
        await barrier.open()
        await board.until(lambda: board.states == [False, True, False])
        await board.stop()
    assert witness.troubles[-1] == "relay.not_left"


async def test_a_coil_that_is_not_there_is_told_by_its_code(board: Module, witness: Witness) -> None:
    barrier = barrier_of(witness, coil(board.port, coil=99))
    async with background(barrier.run(witness.passed)):
        with pytest.raises(BarrierFault, match=r"relay\.modbus\.exception_2"):
            await barrier.open()


async def test_a_board_with_a_timer_ends_the_pulse_by_itself_too(witness: Witness) -> None:
    """Function 5 with tenths of a second, as Waveshare's boards take it: echoed when it is done."""
    frames, seen = list[bytes](), Watched()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while frame := await reader.read(12):
            frames.append(frame[7:])
            writer.write(frame)
            seen.tell()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    relay = coil(server.sockets[0].getsockname()[1], coil=0, timer_coil=512, pulse_ms=250)
    barrier = barrier_of(witness, relay)
    async with background(barrier.run(witness.passed)):
        await seen.until(lambda: len(frames) == 1)
        await barrier.open()
        await seen.until(lambda: len(frames) == 3)
    assert frames[:3] == [bytes.fromhex(each) for each in ("0500000000", "0502000003", "0500000000")]
    server.close()


async def test_each_time_the_input_comes_on_is_a_passage(board: Module, witness: Witness) -> None:
    board.is_on = True
    barrier = barrier_of(witness, passage=sensor(board.port, input=INPUT))
    assert barrier.confirms
    async with background(barrier.run(witness.passed)):
        await board.looked()
        assert witness.passages == [], "who stood in the beam at the start had begun before"
        for number in range(1, 4):
            board.is_on = False
            await board.looked()
            board.is_on = True
            await board.looked()
            await witness.until(lambda wanted=number: len(witness.passages) == wanted)  # type: ignore[misc]


async def test_a_contact_that_bounces_is_one_passage(board: Module, witness: Witness) -> None:
    barrier = barrier_of(witness, passage=sensor(board.port, input=INPUT, quiet_ms=10_000))
    async with background(barrier.run(witness.passed)):
        await board.looked()
        for _ in range(3):
            board.is_on = True
            await board.looked()
            board.is_on = False
            await board.looked()
        assert witness.passages == [""]


async def test_a_counter_loses_nobody_while_its_line_is_away(board: Module, witness: Witness) -> None:
    board.count = 65_534
    barrier = barrier_of(witness, passage=sensor(board.port, counter=COUNTER))
    async with background(barrier.run(witness.passed)):
        await board.looked()
        board.count = 65_535
        await witness.until(lambda: witness.passages == ["65535"])
        await board.stop()
        await witness.until(lambda: "passage.no_answer" in witness.troubles)
        board.count = 1  # it has gone round
        await board.start()
        await witness.until(lambda: len(witness.passages) == 3)
    assert witness.passages == ["65535", "65536", "65537"]
    assert witness.troubles[-1] == ""


async def test_a_counter_that_began_anew_counts_nobody_and_is_told(board: Module, witness: Witness) -> None:
    board.count = 70_000
    barrier = barrier_of(witness, passage=sensor(board.port, counter=COUNTER, counter_words=2))
    async with background(barrier.run(witness.passed)):
        await board.looked()
        board.count = 0
        await witness.until(lambda: "passage.counter_leapt" in witness.troubles)
        await witness.until(lambda: witness.troubles[-1] == "")
        board.count = 1
        await witness.until(lambda: len(witness.passages) == 1)
    assert witness.passages == ["1"]


async def test_what_cannot_be_stored_is_told_until_it_is(board: Module, witness: Witness) -> None:
    barrier = barrier_of(witness, passage=sensor(board.port, counter=COUNTER))
    async with background(barrier.run(witness.passed)):
        await board.looked()
        witness.full = True
        board.count = 2
        await witness.until(lambda: witness.refused > 1)
        assert witness.passages == []
        witness.full = False
        await witness.until(lambda: witness.passages == ["1", "2"])


async def test_relay_and_sensor_of_one_module_share_its_line(board: Module, witness: Witness) -> None:
    barrier = barrier_of(witness, coil(board.port), sensor(board.port, input=INPUT))
    async with background(barrier.run(witness.passed)):
        await board.looked()
        await barrier.open()
        await board.until(lambda: board.states == [False, True, False])
        assert board.lines == 1


async def test_two_gates_at_one_module_are_one_master(board: Module) -> None:
    lines, in_, out = ModbusLines(), Witness(), Witness()
    enters = barrier_of(in_, coil(board.port, coil=0), sensor(board.port, input=INPUT), lines)
    leaves = barrier_of(out, coil(board.port, coil=1), sensor(board.port, counter=COUNTER), lines)
    async with background(leaves.run(out.passed)):
        async with background(enters.run(in_.passed)):
            await board.looked()
            await asyncio.gather(enters.open(), leaves.open())
            board.is_on, board.count = True, 1
            await in_.until(lambda: in_.passages == [""])
            await out.until(lambda: out.passages == ["1"])
            assert board.lines == 1
        board.count = 2
        await out.until(lambda: out.passages == ["1", "2"])  # one of them stopped and gave the line back
    assert (in_.troubles, out.troubles) == ([], [])


@WITH_SOCAT
@pytest.mark.slow
async def test_relay_and_counter_on_one_serial_line(tmp_path: Path, witness: Witness) -> None:
    board = Module()
    async with cable(tmp_path) as (far, _):
        server = ModbusSerialServer([board.device()], framer=FramerType.RTU, port=far, baudrate=115_200)
        serving = asyncio.create_task(server.serve_forever())
        path: dict[str, Any] = {"path": str(hub_end(tmp_path)), "baud": 115_200, "host": ""}
        barrier = barrier_of(witness, coil(1, **path), sensor(1, counter=COUNTER, **path))
        async with background(barrier.run(witness.passed)):
            await board.looked()
            await barrier.open()
            board.count = 3
            await witness.until(lambda: witness.passages == ["1", "2", "3"])
            await board.until(lambda: board.states[-2:] == [True, False])
        await server.shutdown()  # type: ignore[no-untyped-call]
        await serving
    assert not any(witness.troubles[-1:])


async def test_without_relay_and_sensor_nothing_moves(witness: Witness) -> None:
    barrier = barrier_of(witness)
    async with background(barrier.run(witness.passed)) as running:
        await barrier.open()
        assert not running.done()
    assert witness.troubles == []
