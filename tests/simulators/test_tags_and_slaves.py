"""A Fridge-tag's files and Modbus slaves of the simulators, read by the hub's own adapters."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pymodbus.client import AsyncModbusTcpClient

from adapters.cold_chain.cold_file import ColdFile
from adapters.cold_chain.cold_file_config import ColdFileConfig
from adapters.cold_chain.cold_modbus import ColdModbus
from adapters.cold_chain.cold_modbus_config import ColdModbusConfig
from hub.config.loader import parse
from hub.contract import Frame
from hub.payloads import Reading
from simulators.cold_chain.modbus_slaves import ModbusSlaves
from simulators.cold_chain.talkers import modbus
from simulators.cold_chain.talkers.speech import Sending
from simulators.cold_chain.unit_faults import Fault, UnitFaults
from simulators.cold_chain.unit_life import UnitLife
from simulators.cold_chain.unit_plan import Lines, Talker, UnitPlan
from simulators.cold_chain.unit_sample import Claim, Sample, thousandths
from simulators.cold_chain.unit_settings import units_toml
from tests.conformance.adapter_contract import PATIENCE_SECONDS, running
from tests.conformance.memory_outlet import MemoryOutlet

START_MS = 1_790_000_000_000
DAY_MS = 86_400_000
HEAD = '[hub]\nname = "cold"\ndata_dir = "data"\n'
FAULTS = [Fault("probe", 300, 500, 1.0), Fault("clock", 600, 700, -40.0), Fault("door", 800, 900, 1.0)]


def plan(talker: Talker, cabinet: str = "fridge") -> UnitPlan:
    return UnitPlan("tu-0007", "tram-001", 6, talker, cabinet, 10.0)


def life(talker: Talker, cabinet: str = "fridge") -> UnitLife:
    return UnitLife(plan(talker, cabinet), UnitFaults.of(FAULTS), 1, START_MS)


def read(adapter: ColdFile, raw: bytes) -> Iterator[Claim]:
    """What the hub's adapter makes of a file."""
    meaning = adapter.interpret(Frame(raw), START_MS + 2 * DAY_MS)
    assert not meaning.problems
    for fact in meaning.facts:
        assert isinstance(fact.payload, Reading)
        value = None if fact.payload.value is None else thousandths(fact.payload.value)
        yield Claim(fact.payload.metric, fact.time_ms, value)


@pytest.mark.parametrize("cabinet", ["fridge", "freezer"])
def test_the_hub_reads_a_fridge_tag_as_it_was_meant(cabinet: str) -> None:
    unit = life("fridge-tag", cabinet)
    config = parse(HEAD + units_toml([unit.plan], Lines(folder=Path("tags"))), "tags")
    device = config.devices[0]
    assert isinstance(device, ColdFileConfig)
    adapter = ColdFile(device, MemoryOutlet())
    end_ms = START_MS + DAY_MS
    messages = [*unit.until(end_ms, end_ms), *unit.rest(end_ms)]
    assert messages
    for message in messages:
        assert adapter.owns(message.name, message.body)
        assert sorted(read(adapter, message.body), key=str) == sorted(message.claims, key=str)
    told = {claim for message in messages for claim in message.claims}
    assert {claim.value for claim in told if claim.metric == "alarm.limits"} == {0, 1000}
    assert None in {claim.value for claim in told if claim.metric == "temp.vaccine"}


@asynccontextmanager
async def gateway() -> AsyncIterator[ModbusSlaves]:
    made = ModbusSlaves("127.0.0.1", 0, lambda: 0.0)
    await made.open()
    yield made
    await made.close()


def sample(celsius: float | None) -> Sample:
    return Sample(START_MS, START_MS, celsius, 30.0, 0, 900, 0, 300, 90)


async def measured(there: ModbusSlaves, unit: UnitPlan, celsius: float | None, *, kept: bool = False) -> None:
    await there.send(unit, modbus.message(unit, [sample(celsius)], Sending(START_MS, 1, kept)))


@pytest.mark.parametrize(("celsius", "value"), [(4.56, 4.6), (-21.0, -21.0), (None, None)])
async def test_the_hub_asks_a_slave_and_reads_what_it_measured(
    celsius: float | None, value: float | None
) -> None:
    unit = plan("modbus")
    async with gateway() as there:
        await measured(there, unit, celsius)
        await measured(there, unit, 25.0, kept=True)
        config = parse(HEAD + units_toml([unit], Lines(modbus=("127.0.0.1", there.port))), "modbus")
        device, outlet = config.devices[0], MemoryOutlet()
        assert isinstance(device, ColdModbusConfig)
        async with running(ColdModbus(device, outlet)), asyncio.timeout(PATIENCE_SECONDS):
            while len(outlet.facts) < 2:
                await outlet.queued.get()
                await asyncio.sleep(0)
    read = {fact.payload.metric: fact.payload for fact in outlet.facts if isinstance(fact.payload, Reading)}
    assert read["temp.vaccine"].value == value
    assert read["humidity.vaccine"].value == 48.0
    assert there.counts.taken >= 1


async def test_a_slave_that_measures_nothing_does_not_answer_any_more() -> None:
    unit, now = plan("modbus"), [0.0]
    there = ModbusSlaves("127.0.0.1", 0, lambda: now[0])
    await there.open()
    client = AsyncModbusTcpClient("127.0.0.1", port=there.port)
    assert await client.connect()
    codes = []
    await measured(there, unit, 4.5)
    for seconds, slave, address, count in (
        (0, 7, 1, 2),
        (0, 8, 1, 1),
        (0, 7, 2, 2),
        (0, 7, 0, 1),
        (1501, 7, 1, 1),
    ):
        now[0] = seconds
        answer = await client.read_input_registers(address, count=count, device_id=slave)
        codes.append(answer.exception_code if answer.isError() else answer.registers)
    now[0] = 0
    written = await client.write_register(1, 5, device_id=7)
    client.close()
    await there.close()
    assert codes == [[45, 480], 11, 2, 2, 11]
    assert written.exception_code == 1
