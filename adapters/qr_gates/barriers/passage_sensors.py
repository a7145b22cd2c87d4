"""Sensors that see people pass: a Modbus input or counter, an MQTT topic, posts by HTTP."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol, TypeVar

from adapters.qr_gates.barriers.barrier import Passed
from adapters.qr_gates.barriers.passage_settings import PassageSettings
from hub.errors import DeviceUnavailable, NotCommitted
from hub.streams import (
    HttpAnswer,
    HttpRequest,
    MqttEndpoint,
    MqttMessage,
    now_ms,
    serve_route,
    subscribe_mqtt,
)
from hub.streams.modbus_frames import READ_INPUT, ModbusFault, Question, count_in, input_state
from hub.streams.modbus_line import ModbusLine
from hub.streams.surroundings import surroundings

MOST_UNSTORED = 1000  # passages that the disk did not take yet; more than a gate sees in half an hour
MOST_AT_ONCE = 200  # a counter that leaps by more was exchanged or began anew; a gate passes 30 a minute
NOT_STORED = HttpAnswer(503, b'{"code":"passage.not_committed"}', headers={"Retry-After": "2"})
STORED, NOTHING = HttpAnswer(200, b'{"passages":1}'), HttpAnswer(200, b'{"passages":0}')

Heard = Callable[[], None]
T = TypeVar("T")


class PassageSensor(Protocol):
    """``heard`` is told whenever it was there; raises DeviceUnavailable with a code when it is not."""

    async def run(self, passed: Passed, heard: Heard) -> None: ...


class Quiet:
    """A contact bounces: what comes within ``quiet_ms`` of the last one is the last one."""

    def __init__(self, quiet_ms: int) -> None:
        self._quiet_ms = quiet_ms
        self._last_ms: int | None = None

    def takes(self, at_ms: int) -> bool:
        last, self._last_ms = self._last_ms, at_ms
        return last is None or not 0 <= at_ms - last < self._quiet_ms

    async def store(self, passed: Passed, at_ms: int) -> None:
        """What was not stored comes again, and is no bounce then."""
        try:
            await passed(at_ms, "")
        except NotCommitted:
            self._last_ms = None
            raise


class ModbusSensor:
    """Asked again and again. A counter loses nothing between two questions; an input is on long enough."""

    def __init__(self, settings: PassageSettings, line: ModbusLine) -> None:
        self._settings = settings
        self._line = line
        self._quiet = Quiet(settings.quiet_ms)
        self._unstored: deque[tuple[int, str]] = deque(maxlen=MOST_UNSTORED)
        self._was_on: bool | None = None
        self._count: int | None = None

    async def run(self, passed: Passed, heard: Heard) -> None:
        settings, clock = self._settings, asyncio.get_running_loop()
        while True:
            due = clock.time() + settings.poll_ms / 1000
            try:
                await (self._look_at_input() if settings.input is not None else self._look_at_counter())
            except ModbusFault as fault:
                raise DeviceUnavailable(f"passage.{fault}") from fault
            heard()
            await self._store(passed)
            await asyncio.sleep(due - clock.time())

    async def _look_at_input(self) -> None:
        """What is on at the start is not somebody who begins to pass."""
        at_ms = now_ms()
        is_on = await self._ask(READ_INPUT, self._settings.input or 0, 1, input_state)
        was_on, self._was_on = self._was_on, is_on
        if is_on and was_on is False and self._quiet.takes(at_ms):
            self._unstored.append((at_ms, ""))

    async def _look_at_counter(self) -> None:
        settings, at_ms = self._settings, now_ms()
        words = settings.counter_words
        count = await self._ask(settings.counter_function, settings.counter or 0, words, count_in)
        before, self._count = self._count, count
        if before is None:
            return
        more = (count - before) % (1 << 16 * words)
        if more > MOST_AT_ONCE:
            raise DeviceUnavailable("passage.counter_leapt")
        first = before + 1
        self._unstored += ((at_ms, str(number)) for number in range(first, first + more))

    async def _ask(self, function: int, address: int, count: int, read: Callable[[Question, bytes], T]) -> T:
        try:
            return await self._line.ask(self._settings.slave, function, address, count, read)
        except DeviceUnavailable as error:
            raise DeviceUnavailable("passage.no_answer") from error

    async def _store(self, passed: Passed) -> None:
        """What cannot be stored now is told again at the next question."""
        while self._unstored:
            try:
                await passed(*self._unstored[0])
            except NotCommitted:
                return
            self._unstored.popleft()


class MqttSensor:
    """Acknowledged to the broker after the commit: what comes while we are away is kept there.

    A copy that a broker kept (retained) is no passage of this moment.
    """

    def __init__(self, settings: PassageSettings, name: str) -> None:
        self._settings = settings
        self._name = name
        self._quiet = Quiet(settings.quiet_ms)

    async def run(self, passed: Passed, heard: Heard) -> None:
        settings = self._settings
        endpoint = MqttEndpoint(
            (settings.topic or "",),
            settings.broker,
            settings.username,
            settings.secret,
            f"passage-{self._name}",
        )

        async def accept(message: MqttMessage) -> None:
            heard()
            at_ms = now_ms()
            if not message.retain and tells(settings, message.payload) and self._quiet.takes(at_ms):
                await self._quiet.store(passed, at_ms)

        try:
            await subscribe_mqtt(endpoint, accept)
        except DeviceUnavailable as error:
            raise DeviceUnavailable("passage.broker_lost") from error


class HttpSensor:
    """A device that posts each passage to ``/api/v1/ingest/<gate>-passage``; 200 only after the commit."""

    def __init__(self, settings: PassageSettings, gate: str) -> None:
        self._settings = settings
        self._path = f"/ingest/{gate}-passage"
        self._quiet = Quiet(settings.quiet_ms)

    async def run(self, passed: Passed, heard: Heard) -> None:
        async def take(request: HttpRequest) -> HttpAnswer:
            heard()
            at_ms = now_ms()
            if not tells(self._settings, request.body) or not self._quiet.takes(at_ms):
                return NOTHING
            try:
                await self._quiet.store(passed, at_ms)
            except NotCommitted:
                return NOT_STORED
            return STORED

        await serve_route(surroundings().routes, self._path, take)


def tells(settings: PassageSettings, payload: bytes) -> bool:
    """Whether a message tells of a passage."""
    return settings.text is None or settings.text.encode() in payload
