"""A relay module of the tests: a Modbus slave of pymodbus, which shares no code with us."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from pymodbus.framer import FramerType
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from adapters.qr_gates.barriers.gate_barrier import ModbusLines, gate_barrier
from adapters.qr_gates.barriers.passage_settings import PassageSettings
from adapters.qr_gates.barriers.relay_settings import RelaySettings
from hub.errors import StoreUnavailable
from tests.ports import free_port

COIL, INPUT, COUNTER = 3, 5, 0
PATIENCE_SECONDS = 60


class Watched:
    """Whoever waits for a change of it is told."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def tell(self) -> None:
        self._changed.set()

    async def until(self, met: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not met():
                self._changed.clear()
                await self._changed.wait()


class Module(Watched):
    """``written``: coils as they were set, in order; ``looks``: how often input or counter was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[tuple[int, bool]] = []
        self.is_on = False
        self.count = 0
        self.looks = 0
        self.lines = 0
        self.port = free_port()
        self._server: ModbusTcpServer | None = None

    @property
    def states(self) -> list[bool]:
        return [state for _, state in self.written]

    def device(self) -> SimDevice:
        bits = [SimData(0, count=16, values=False, datatype=DataType.BITS)]
        words = [SimData(0, values=[0, 0], datatype=DataType.REGISTERS)]
        return SimDevice(1, simdata=(bits, bits, words, words), action=self._asked)

    async def start(self) -> None:
        self._server = ModbusTcpServer(
            [self.device()],
            framer=FramerType.SOCKET,
            address=("127.0.0.1", self.port),
            trace_connect=self._line,
        )
        await self._server.serve_forever(background=True)

    async def stop(self) -> None:
        if self._server:
            await self._server.shutdown()  # type: ignore[no-untyped-call]
            self._server = None

    async def looked(self) -> None:
        """It was asked once more, from the beginning, for what is on now."""
        now = self.looks
        await self.until(lambda: self.looks >= now + 2)

    def _line(self, is_made: bool) -> None:
        self.lines += is_made

    async def _asked(
        self, function: int, start: int, address: int, count: int, registers: list[int], values: Any
    ) -> None:
        if values is not None:
            self.written.append((address, bool(values[0])))
        elif function == 2:
            self.looks += 1
            registers[0] = self.is_on << INPUT
        elif function == 4:
            self.looks += 1
            registers[:] = [self.count >> 16, self.count & 0xFFFF][2 - count :]
        self.tell()


@asynccontextmanager
async def module() -> AsyncIterator[Module]:
    made = Module()
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


class Witness(Watched):
    """What the barrier tells: passages that were stored, and how it is."""

    def __init__(self) -> None:
        super().__init__()
        self.passages: list[str] = []
        self.refused = 0
        self.troubles: list[str] = []
        self.full = False

    async def passed(self, _at_ms: int, what: str) -> None:
        if self.full:
            self.refused += 1
            self.tell()
            raise StoreUnavailable("full, says the test")
        self.passages.append(what)
        self.tell()

    def troubled(self, code: str) -> None:
        self.troubles.append(code)
        self.tell()


def barrier_of(
    witness: Witness,
    relay: RelaySettings | None = None,
    passage: PassageSettings | None = None,
    lines: ModbusLines | None = None,
) -> Any:
    """``lines``: of the edge, where several gates are at one."""
    return gate_barrier("cong-a", relay, passage, lines or ModbusLines(), witness.troubled)


def coil(port: int, **changes: Any) -> RelaySettings:
    usual: dict[str, Any] = {"by": "modbus", "host": "127.0.0.1", "port": port, "coil": COIL, "pulse_ms": 100}
    usual["timeout_seconds"] = 10
    return RelaySettings.model_validate(usual | changes)


def sensor(port: int, **changes: Any) -> PassageSettings:
    usual: dict[str, Any] = {"by": "modbus", "host": "127.0.0.1", "port": port, "poll_ms": 10, "quiet_ms": 0}
    usual["timeout_seconds"] = 10
    return PassageSettings.model_validate(usual | changes)
