"""A process beside a siren that sounds: whatever becomes of the hub, somebody switches it off.

It lives only while the relay is held, and only where a relay without current is silent. It is told that all
is well by a line now and then; when they end, or its standard input, it switches off, again and again until
the relay takes it.
"""

import asyncio
import logging
import signal
import sys
from contextlib import suppress
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
from typing import TYPE_CHECKING

import msgspec

from hub import logs
from hub.notify.settings import RelaySettings

if TYPE_CHECKING:
    from hub.notify.channels.relay_line import RelayLine

ALIVE, DONE = b"alive\n", b"done\n"
SLACK_SECONDS = 5.0
RETRY_SECONDS = 1.0
END_SECONDS = 5.0
MOST_TRIES = 3600
LAST_TRIES = 30  # of one that is asked to end: a service is killed after 90 s
LONGEST_LINE = 64 * 1024
log = logging.getLogger(__name__)


class Orders(msgspec.Struct, frozen=True):
    """What the guard is given first, on one line: it holds passwords, so not as an argument."""

    relay: RelaySettings
    ca_file: str
    seconds: float


class Guard:
    """The hub's side of it; nothing here keeps the relay from sounding."""

    def __init__(self, relay: RelaySettings, ca_file: str, seconds: float) -> None:
        self._needed = relay.fail_safe == "silent"
        self._orders = Orders(relay, ca_file, seconds)
        self._process: Popen[bytes] | None = None

    async def begin(self) -> None:
        """One is there, and knows that all is well."""
        if self._needed:
            await asyncio.to_thread(self._begin)

    async def end(self) -> None:
        """It is off: nobody has to watch."""
        await asyncio.to_thread(self._end)

    def _begin(self) -> None:
        if self._process is None or self._process.poll() is not None:
            try:
                # Not asyncio's: that one would end it together with us.
                self._process = Popen(
                    [sys.executable, "-m", __name__], stdin=PIPE, stdout=DEVNULL, start_new_session=True
                )
            except OSError as error:
                log.warning("the siren has no guard", extra={"reason": error.strerror})
                return
            self._tell(msgspec.json.encode(self._orders) + b"\n")
        self._tell(ALIVE)

    def _end(self) -> None:
        self._tell(DONE)
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        with suppress(BrokenPipeError):
            process.stdin.close()
        with suppress(TimeoutExpired):
            process.wait(END_SECONDS)

    def _tell(self, line: bytes) -> None:
        """One that has ended is replaced at the next pulse."""
        stdin = self._process.stdin if self._process else None
        if stdin is not None:
            with suppress(BrokenPipeError):
                stdin.write(line)
                stdin.flush()


async def guard(reader: asyncio.StreamReader, stop: asyncio.Event) -> None:
    """Watch over the relay that the first line names; returns once it is off or not ours any more."""
    from hub.notify.channels.relay_line import line_of

    orders = msgspec.json.decode(await reader.readline(), type=Orders)
    if await _all_is_well_until_done(reader, stop, orders.relay.pulse_seconds + SLACK_SECONDS):
        return
    log.warning("the hub is gone: its siren is switched off")
    await _switch_off(line_of(orders.relay, orders.ca_file, orders.seconds), stop)


async def _all_is_well_until_done(reader: asyncio.StreamReader, stop: asyncio.Event, seconds: float) -> bool:
    stopped = asyncio.ensure_future(stop.wait())
    try:
        while True:
            told = asyncio.ensure_future(reader.readline())
            await asyncio.wait((told, stopped), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if not told.done():
                told.cancel()
                return False
            if told.result() != ALIVE:
                return told.result() == DONE
    finally:
        stopped.cancel()


async def _switch_off(line: "RelayLine", stop: asyncio.Event) -> None:
    from hub.notify.channels.relay_line import RelayFault

    left = MOST_TRIES
    while left:
        left = min(left, LAST_TRIES) - 1 if stop.is_set() else left - 1
        try:
            await line.switch(False)
        except RelayFault as fault:
            log.warning("siren cannot be switched off", extra={"reason": str(fault)})
            await asyncio.sleep(RETRY_SECONDS)
        else:
            break
    await line.close()


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)  # a service that is stopped ends all of its processes
    reader = asyncio.StreamReader(limit=LONGEST_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await guard(reader, stop)


if __name__ == "__main__":
    logs.setup()
    asyncio.run(_serve())
