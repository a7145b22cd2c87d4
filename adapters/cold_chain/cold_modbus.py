"""``cold_modbus``: slaves that are asked for their registers, all slaves of a line by one master.

What a slave answered and we could not store is asked for again at the next turn.
"""

import asyncio
import re
from collections.abc import Hashable, Sequence
from typing import ClassVar, Self

from adapters.cold_chain.cold_http_watch import Watch
from adapters.cold_chain.cold_modbus_config import ColdModbusConfig
from adapters.cold_chain.decoders.judgement import facts_of
from adapters.cold_chain.modbus.frames import ReplyReader, Request
from adapters.cold_chain.modbus.reading import requests, samples
from adapters.cold_chain.undecodable import Undecodable
from hub.contract import Adapter, DeviceConfig, DeviceState, Frame, Interpretation, MalformedFrame, Outlet
from hub.errors import DeviceUnavailable, NotCommitted
from hub.streams import Connection, SerialEndpoint, TcpEndpoint, dial_tcp, now_ms, open_serial

READ_BYTES = 512
ABSENT_AFTER = 2  # turns without an answer; a line on a long cable loses one now and then
KEPT_SECONDS = 60  # of a slave that always refuses: one example a minute
_GATEWAY_FOUND_NOBODY = ("exception 10", "exception 11")
_ORIGIN = re.compile(r"modbus ([0-9]{1,15}) (.*)")


class ColdModbus(Adapter[ColdModbusConfig]):
    """What one slave, or a part of it, measures. ``run_shared`` asks all slaves of a line."""

    Config: ClassVar[type[DeviceConfig]] = ColdModbusConfig

    def __init__(self, config: ColdModbusConfig, outlet: Outlet) -> None:
        super().__init__(config, outlet)
        self.watch = Watch(None, outlet.health)
        self._state: tuple[DeviceState, str] | None = None
        self._unanswered = 0
        self._kept_at = float("-inf")

    async def run(self) -> None:
        await self.run_shared([self])

    def link(self) -> Hashable:
        config = self.config
        if config.path:
            return (config.path, config.baud, config.parity, config.stop_bits)
        return (config.host, config.port, config.framing)

    @classmethod
    async def run_shared(cls, members: Sequence[Self]) -> None:
        """Ask all slaves of a line in turn; raises DeviceUnavailable when the line or the store is away."""
        await Line(members).run()

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        """Of a reply, by the request that its origin names; without one, by the first of the device."""
        came = _ORIGIN.fullmatch(frame.origin)
        received_ms = int(came[1]) if came else received_ms
        request = (Request.read(came[2]) if came else None) or requests(self.config)[0]
        try:
            return Interpretation(
                facts_of(samples(frame.raw, request, self.config), received_ms, self.config)
            )
        except Undecodable as error:
            problem = MalformedFrame(frame.raw, error.reason, error.place, origin=frame.origin)
            return Interpretation(problems=(problem,))

    async def turn(self, line: "Line", connection: Connection) -> None:
        """Ask for everything once. A slave that does not answer holds up no other."""
        trouble = ""
        for request in requests(self.config):
            reply = await line.ask(connection, request, self.config.timeout_seconds)
            problem = await self._take(reply, request) if reply is not None else "slave_absent"
            if problem == "slave_absent":
                self._unanswered += 1
                if self._unanswered >= ABSENT_AFTER:
                    self._tell("OFFLINE", problem)
                return
            trouble = trouble or problem
        self._unanswered = 0
        self._tell(*(("DEGRADED", trouble) if trouble else ("ONLINE", "")))

    async def _take(self, reply: bytes, request: Request) -> str:
        """Commit a reply; a code for what is wrong with it."""
        came_ms = now_ms()
        frame = Frame(reply, origin=f"modbus {came_ms} {request}")
        meaning = self.understand(frame, came_ms)
        if meaning.problems:
            return await self._refused(meaning.problems[0])
        await self.outlet.emit(*meaning.facts, frame=frame)
        heard = self.watch.of(meaning.facts, {})
        if heard:
            self.watch.hear(heard, came_ms)
        return ""

    async def _refused(self, malformed: MalformedFrame) -> str:
        if malformed.place in _GATEWAY_FOUND_NOBODY:
            return "slave_absent"
        now = asyncio.get_running_loop().time()
        if now - self._kept_at >= KEPT_SECONDS:
            self._kept_at = now
            await self.outlet.quarantine(malformed)
        return "slave_refuses" if malformed.reason == "cold.modbus_exception" else "line_garbled"

    def _tell(self, state: DeviceState, reason: str) -> None:
        if (state, reason) != self._state:
            self._state = (state, reason)
            self.outlet.health(state, reason)


class Line:
    """One master on one line: one question at a time, each device at its own pace."""

    def __init__(self, members: Sequence[ColdModbus]) -> None:
        self._members = members
        self._transaction = 0

    async def run(self) -> None:
        config = self._members[0].config
        if config.host:
            await dial_tcp(TcpEndpoint(config.host, config.port), self._serve)
        connection = await open_serial(
            SerialEndpoint(config.path, config.baud, 8, config.parity, config.stop_bits)
        )
        try:
            await self._serve(connection)
        finally:
            await connection.close()

    async def _serve(self, connection: Connection) -> None:
        try:
            await self._turns(connection)
        except OSError as error:
            raise DeviceUnavailable(f"{connection.peer}: the line is gone") from error
        except NotCommitted as error:
            raise DeviceUnavailable("nothing can be stored") from error

    async def _turns(self, connection: Connection) -> None:
        clock = asyncio.get_running_loop()
        due = dict.fromkeys(self._members, clock.time())
        while True:
            member = min(due, key=lambda each: due[each])
            await asyncio.sleep(due[member] - clock.time())
            await member.turn(self, connection)
            due[member] = max(due[member] + member.config.poll_seconds, clock.time())

    async def ask(self, connection: Connection, request: Request, timeout_seconds: float) -> bytes | None:
        """The reply, or what came instead; None for nothing in time. Raises OSError when the line ends."""
        self._transaction = (self._transaction + 1) % 65536
        reader = ReplyReader(request, self._transaction)
        if request.framing == "rtu":
            await self._silence(connection)
        connection.writer.write(request.frame(self._transaction))
        await connection.writer.drain()
        try:
            async with asyncio.timeout(timeout_seconds) as deadline:
                while (reply := reader.feed(await _some(connection))) is None:
                    pass
                return reply
        except TimeoutError:
            if not deadline.expired():
                raise  # ETIMEDOUT: the line itself
            return reader.rest or None

    async def _silence(self, connection: Connection) -> None:
        """Leave out what came late; frames are 3.5 characters of 11 bits apart (Serial Line 2.5.1.1)."""
        gap_seconds = max(0.002, 3.5 * 11 / self._members[0].config.baud)
        try:
            async with asyncio.timeout(gap_seconds) as deadline:
                while True:
                    await _some(connection)
        except TimeoutError:
            if not deadline.expired():
                raise


async def _some(connection: Connection) -> bytes:
    data = await connection.reader.read(READ_BYTES)
    if not data:
        raise ConnectionResetError("closed by the other end")
    return data
