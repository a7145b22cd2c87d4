"""A gate's barrier: pulses that end, a relay that is left as it shall be, a sensor that is listened to.

A relay or sensor that is away stops no scan: it is told, and tried again here, beside the scanner.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, NoReturn

from adapters.qr_gates.barriers.barrier import Barrier, BarrierFault, Passed
from adapters.qr_gates.barriers.line_settings import LineSettings
from adapters.qr_gates.barriers.passage_sensors import HttpSensor, ModbusSensor, MqttSensor, PassageSensor
from adapters.qr_gates.barriers.passage_settings import PassageSettings
from adapters.qr_gates.barriers.relay_settings import RelaySettings
from adapters.qr_gates.barriers.relays import CoilRelay, HttpRelay, MqttRelay, Relay
from hub.errors import DeviceUnavailable
from hub.streams.modbus_line import ModbusEndpoint, ModbusLine

RETRY_SECONDS = 1.0
IDLE_SECONDS = 60.0  # a relay that nobody needs is closed again, so that one that has died is noticed
LEAVE_SECONDS = 0.8  # whoever cancels us waits for a second

Part = Literal["relay", "passage"]
Troubled = Callable[[str], None]
"""Told how the barrier is, at each change: a code, or "" when all of it works again."""


class ModbusLines:
    """The lines of an edge's gates: a serial line, and many a module, take one master only.

    One of an edge: ``Outlet.shared(ModbusLines)``. Touches nothing before somebody asks.
    """

    def __init__(self) -> None:
        self._lines: dict[ModbusEndpoint, ModbusLine] = {}

    def line(self, settings: LineSettings) -> ModbusLine:
        """The same for all who name the same place; it waits as long as the first of them says."""
        place = ModbusEndpoint(
            settings.path, settings.baud, settings.parity, settings.host, settings.port, settings.framing
        )
        return self._lines.setdefault(place, ModbusLine(place, settings.timeout_seconds))


def gate_barrier(
    gate: str,
    relay: RelaySettings | None,
    passage: PassageSettings | None,
    lines: ModbusLines,
    troubled: Troubled,
) -> Barrier:
    """Of the gate with this id; touches nothing."""
    return GateBarrier(
        _relay(gate, relay, lines) if relay else None,
        relay,
        _sensor(gate, passage, lines) if passage else None,
        troubled,
    )


def _relay(gate: str, relay: RelaySettings, lines: ModbusLines) -> Relay:
    match relay.by:
        case "modbus":
            return CoilRelay(relay, lines.line(relay))
        case "mqtt":
            return MqttRelay(relay, gate)
        case "http":
            return HttpRelay(relay)


def _sensor(gate: str, passage: PassageSettings, lines: ModbusLines) -> PassageSensor:
    match passage.by:
        case "modbus":
            return ModbusSensor(passage, lines.line(passage))
        case "mqtt":
            return MqttSensor(passage, gate)
        case "http":
            return HttpSensor(passage, gate)


class GateBarrier:
    """Without ``relay`` there is nothing to open: a person stands there."""

    def __init__(
        self,
        relay: Relay | None,
        settings: RelaySettings | None,
        sensor: PassageSensor | None,
        troubled: Troubled,
    ) -> None:
        self._relay = relay
        self._settings = settings
        self._sensor = sensor
        self._troubled = troubled
        self._troubles: dict[Part, str] = {"relay": "", "passage": ""}
        self._close_at = 0.0  # the loop's time; at the start it is closed, whatever it was left in
        self._changed = asyncio.Event()
        self._one = asyncio.Lock()

    @property
    def confirms(self) -> bool:
        return self._sensor is not None

    async def open(self) -> None:
        if self._relay is None or self._settings is None:
            return
        clock = asyncio.get_running_loop()
        async with self._one:
            self._close_at = clock.time()  # if this fails, nobody knows what it did
            try:
                await self._relay.switch(is_open=True)
            except BarrierFault as fault:
                self._tell("relay", str(fault))
                raise
            finally:
                self._changed.set()
            self._close_at = clock.time() + self._settings.pulse_ms / 1000

    async def run(self, passed: Passed) -> None:
        async with asyncio.TaskGroup() as tasks:
            if self._relay and self._settings:
                tasks.create_task(self._hold(self._relay, self._settings), name="relay")
            if self._sensor:
                tasks.create_task(self._listen(self._sensor, passed), name="passage")
            await asyncio.get_running_loop().create_future()

    async def _hold(self, relay: Relay, settings: RelaySettings) -> NoReturn:
        try:
            while True:
                await self._until_due()
                await self._shut(relay)
        finally:
            await self._leave(relay, settings)

    async def _until_due(self) -> None:
        """A pulse that is asked for again meanwhile ends later."""
        clock = asyncio.get_running_loop()
        while (rest := self._close_at - clock.time()) > 0:
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._changed.wait()

    async def _shut(self, relay: Relay) -> None:
        clock = asyncio.get_running_loop()
        async with self._one:
            if self._close_at > clock.time():
                return
            try:
                await relay.switch(is_open=False)
            except BarrierFault as fault:
                self._close_at = clock.time() + RETRY_SECONDS
                self._tell("relay", str(fault))
            else:
                self._close_at = clock.time() + IDLE_SECONDS
                self._tell("relay", "")

    async def _leave(self, relay: Relay, settings: RelaySettings) -> None:
        """As ``fail`` says, if it can be reached; else by its own timer, or the broker's word."""
        try:
            async with asyncio.timeout(LEAVE_SECONDS):
                await relay.switch(is_open=settings.fail == "open")
        except (BarrierFault, TimeoutError):
            self._tell("relay", "relay.not_left")
        finally:
            await relay.close()

    async def _listen(self, sensor: PassageSensor, passed: Passed) -> NoReturn:
        while True:
            try:
                await sensor.run(passed, lambda: self._tell("passage", ""))
            except DeviceUnavailable as error:
                self._tell("passage", str(error))
            await asyncio.sleep(RETRY_SECONDS)

    def _tell(self, part: Part, code: str) -> None:
        before, self._troubles[part] = self._trouble, code
        if self._trouble != before:
            self._troubled(self._trouble)

    @property
    def _trouble(self) -> str:
        """Of the relay, else of the sensor."""
        return self._troubles["relay"] or self._troubles["passage"]
