"""Modbus devices of the tests, and real slaves: pymodbus, which shares no code with us."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from pymodbus.framer import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from adapters.cold_chain.cold_modbus import ColdModbus
from adapters.cold_chain.cold_modbus_config import ColdModbusConfig
from tests.conformance.memory_outlet import MemoryOutlet
from tests.ports import free_port

GOOD = bytes.fromhex("010404013102222ace")  # XY-MD02: 30.5 °C, 54.6 %


def config(**settings: Any) -> ColdModbusConfig:
    usual: dict[str, Any] = {"id": "tu-lanh-01", "site": "kho", "kind": "cold_modbus"}
    if "host" not in settings:
        usual["path"] = "/dev/serial/by-id/rs485"
    if "registers" not in settings:
        usual["map"] = "xy-md02"
    return ColdModbusConfig.model_validate(usual | settings)


def slave(outlet: MemoryOutlet | None = None, **settings: Any) -> ColdModbus:
    quick = {"poll_seconds": 0.05, "timeout_seconds": 0.2}
    return ColdModbus(config(**quick | settings), outlet or MemoryOutlet())


def device(number: int, words: Sequence[int]) -> SimDevice:
    """A slave whose registers 0, 1 … hold ``words``; it knows no others."""
    return SimDevice(number, simdata=[SimData(0, values=list(words), datatype=DataType.REGISTERS)])


def only_for(slaves: Mapping[int, Sequence[int]], framing: str) -> Callable[[bool, bytes], bytes]:
    """The server answers for a slave that is not there; on a real line nobody does."""
    at = 0 if framing == "rtu" else 6
    return lambda is_sent, frame: b"" if is_sent and frame[at] not in slaves else frame


@asynccontextmanager
async def on_tcp(
    slaves: Mapping[int, Sequence[int]], *, framing: str = "tcp", port: int = 0
) -> AsyncIterator[int]:
    """A gateway with ``slaves`` behind it; silent for others."""
    port = port or free_port()
    server = ModbusTcpServer(
        [device(number, words) for number, words in slaves.items()],
        framer=FramerType.RTU if framing == "rtu" else FramerType.SOCKET,
        address=("127.0.0.1", port),
        trace_packet=only_for(slaves, framing),
    )
    await server.serve_forever(background=True)
    try:
        yield port
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def on_line(path: str, slaves: Mapping[int, Sequence[int]]) -> AsyncIterator[None]:
    """Slaves on one serial line; nobody answers for others."""
    server = ModbusSerialServer(
        [device(number, words) for number, words in slaves.items()],
        framer=FramerType.RTU,
        port=path,
        baudrate=9600,
        trace_packet=only_for(slaves, "rtu"),
    )
    serving = asyncio.create_task(server.serve_forever())
    try:
        yield
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]
        await serving
