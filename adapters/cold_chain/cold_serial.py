"""``cold_serial``: probes that write text to a line, and 1-wire probes of the machine itself.

A line that was not committed is gone: a probe says nothing twice. Its next one comes soon.
"""

import asyncio
import re
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from adapters.cold_chain.cold_http_watch import Watch
from adapters.cold_chain.cold_serial_config import ColdSerialConfig
from adapters.cold_chain.decoders.judgement import facts_of
from adapters.cold_chain.lines.framing import LineCodec
from adapters.cold_chain.lines.reading import is_ignored, samples
from adapters.cold_chain.undecodable import Undecodable
from hub.contract import Adapter, DeviceConfig, Frame, Interpretation, MalformedFrame, Outlet
from hub.errors import DeviceUnavailable, NotCommitted
from hub.streams import (
    Connection,
    SerialEndpoint,
    Silence,
    TcpEndpoint,
    dial_tcp,
    now_ms,
    open_serial,
    pump,
)

LARGEST_FILE_BYTES = 4096
GARBLED_SECONDS = 60  # a wrong baud rate makes nothing else: one example a minute is kept
_ORIGIN = re.compile(r"line ([0-9]{1,15})")


class ColdSerial(Adapter[ColdSerialConfig]):
    """One line, or one file."""

    Config: ClassVar[type[DeviceConfig]] = ColdSerialConfig

    def __init__(self, config: ColdSerialConfig, outlet: Outlet) -> None:
        super().__init__(config, outlet)
        self.watch = Watch(None, outlet.health)
        self.silence = Silence(config.silent_after_seconds, outlet.health)
        self._read_at = float("-inf")
        self._garbled_at = float("-inf")

    async def run(self) -> None:
        """Until cancelled; raises DeviceUnavailable when the line or the file is away."""
        config = self.config
        async with self.silence:
            if config.file:
                await self._poll(Path(config.file))
            elif config.host:
                await dial_tcp(TcpEndpoint(config.host, config.port), self._listen)
            else:
                await self._hold(
                    SerialEndpoint(config.path, config.baud, config.bits, config.parity, config.stop_bits)
                )

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        came = _ORIGIN.fullmatch(frame.origin)
        received_ms = int(came[1]) if came else received_ms
        try:
            return Interpretation(facts_of(samples(frame.raw, self.config), received_ms, self.config))
        except Undecodable as error:
            problem = MalformedFrame(frame.raw, error.reason, error.place, origin=frame.origin)
            return Interpretation(problems=(problem,))

    async def _hold(self, endpoint: SerialEndpoint) -> None:
        connection = await open_serial(endpoint)
        try:
            await self._listen(connection)
        finally:
            await connection.close()
        raise DeviceUnavailable(f"{endpoint.path}: the line is gone")

    async def _listen(self, connection: Connection) -> None:
        await pump(connection, LineCodec(of_w1=self.config.dialect == "w1"), self._accept)

    async def _poll(self, path: Path) -> None:
        """The whole of a w1_slave, the last line of any other file."""
        try:
            while True:
                raw = await asyncio.to_thread(_start_of, path)
                last = raw if self.config.dialect == "w1" else raw.strip().rpartition(b"\n")[2]
                await self._accept(Frame(last))
                await asyncio.sleep(self.config.poll_seconds)
        except OSError as error:
            raise DeviceUnavailable(f"{path}: {error.strerror or 'cannot be read'}") from error
        except NotCommitted as error:
            raise DeviceUnavailable("nothing can be stored") from error

    def _accept(self, frame: Frame | MalformedFrame) -> Awaitable[bytes]:
        """Queue the commit of a line at once."""
        now = asyncio.get_running_loop().time()
        origin = f"line {now_ms()}"
        if isinstance(frame, MalformedFrame):
            return self._garbled(replace(frame, origin=origin), now)
        if is_ignored(frame.raw, self.config) or now - self._read_at < self._least_seconds:
            return _nothing()
        frame = replace(frame, origin=origin)
        meaning = self.understand(frame, now_ms())
        if meaning.problems:
            return self._garbled(meaning.problems[0], now)
        self._read_at = now
        return self._then_tell(self.outlet.emit(*meaning.facts, frame=frame), meaning)

    @property
    def _least_seconds(self) -> float:
        return 0 if self.config.file else self.config.least_seconds

    def _garbled(self, malformed: MalformedFrame, now: float) -> Awaitable[bytes]:
        if now - self._garbled_at < GARBLED_SECONDS:
            return _nothing()
        self._garbled_at = now
        self.outlet.health("DEGRADED", "line_garbled")
        return self.outlet.quarantine(malformed)

    async def _then_tell(self, committed: Awaitable[bytes], meaning: Interpretation) -> bytes:
        reply = await committed
        self.silence.heard()
        if self._garbled_at > float("-inf"):
            self._garbled_at = float("-inf")
            self.outlet.health("ONLINE", "measures_again")
        heard = self.watch.of(meaning.facts, {})
        if heard:
            self.watch.hear(heard, now_ms())
        return reply


async def _nothing() -> bytes:
    return b""


def _start_of(path: Path) -> bytes:
    with path.open("rb", buffering=0) as file:
        return file.read(LARGEST_FILE_BYTES)
