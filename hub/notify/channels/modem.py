"""SMS by a GSM modem on a serial line: sends, and hears the replies of people."""

import asyncio
import logging
import re

from hub.errors import DeviceUnavailable
from hub.notify.at_commands import ESCAPE, Dialogue, Incoming, ModemFault, Reply, incoming
from hub.notify.channels.parcel import DELIVERED, NO_ANSWER, Delivery, Heard, Parcel
from hub.notify.settings import Channel
from hub.streams import SerialEndpoint, open_serial
from hub.streams.pump import Connection

COMMAND_SECONDS = 5.0
POLL_SECONDS = 5.0
READ_BYTES = 4096
# No echo, numbered errors, text mode, plain ASCII. The last: new messages stay in the modem, unannounced.
_SET_UP = ("ATE0", "AT+CMEE=1", "AT+CMGF=1", 'AT+CSCS="IRA"', "AT+CNMI=0,0,0,0,0")
# 3GPP TS 24.011 E.2: no such number, nobody known there. All else (no network 331, busy 42 …) may pass.
_FOR_GOOD = frozenset({"cms.1", "cms.28"})
_NUMBER = re.compile(r"\+?[0-9]{3,15}\Z")
log = logging.getLogger(__name__)


class Modem:
    """The line is opened when it is needed, and anew after any fault. ``run`` asks for replies."""

    at_once = 1

    def __init__(self, channel: Channel, poll_seconds: float = POLL_SECONDS) -> None:
        self._endpoint = SerialEndpoint(channel.path, baud=channel.baud)
        self._seconds = channel.timeout_seconds
        self._poll_seconds = poll_seconds
        self._dialogue = Dialogue()
        self._line: Connection | None = None
        self._one = asyncio.Lock()
        self.trouble = ""

    async def send(self, parcel: Parcel) -> Delivery:
        number = re.sub(r"[\s().-]", "", parcel.address)
        if not _NUMBER.match(number):
            return Delivery("refused", "bad_address")
        async with self._one:
            try:
                return _delivery(await self._send(number, parcel.text.sms))
            except (DeviceUnavailable, ModemFault, OSError) as error:
                await self._close()
                return Delivery("again", _code(error))

    async def run(self, heard: Heard) -> None:
        """Give each message that comes in to ``heard`` (number, text), then delete it; until cancelled."""
        try:
            while True:
                await self._poll(heard)
                await asyncio.sleep(self._poll_seconds)
        finally:
            await self._close()

    async def _poll(self, heard: Heard) -> None:
        try:
            async with self._one:
                messages = await self._unread()
            for message in messages:
                await heard(message.number, message.text)
                async with self._one:
                    await self._ask(f"AT+CMGD={message.slot}")
        except (DeviceUnavailable, ModemFault, OSError) as error:
            await self._close()
            self._told(_code(error))
        else:
            self._told("")

    async def _unread(self) -> list[Incoming]:
        """What is deleted after it was heard is all that is there; read ones were not deleted yet."""
        await self._ready()
        return incoming((await self._ask('AT+CMGL="ALL"')).lines)

    async def _send(self, number: str, sms: str) -> Reply:
        await self._ready()
        reply = await self._ask(f'AT+CMGS="{number}"')
        if reply.end != "prompt":
            return reply
        try:
            return await self._answer(self._dialogue.text(sms), self._seconds)
        except TimeoutError:
            await self._write(ESCAPE)
            raise

    async def _ready(self) -> None:
        if self._line is not None:
            return
        self._line = await open_serial(self._endpoint)
        await self._write(ESCAPE + b"\r")  # out of a message that somebody before us began
        await self._ask("AT")
        for command in _SET_UP:
            reply = await self._ask(command)
            if reply.end != "ok" and not command.startswith("AT+CNMI"):
                raise ModemFault(f"modem.{reply.end}")

    async def _ask(self, command: str) -> Reply:
        return await self._answer(self._dialogue.begin(command), COMMAND_SECONDS)

    async def _answer(self, sent: bytes, seconds: float) -> Reply:
        async with asyncio.timeout(seconds):
            await self._write(sent)
            while True:
                data = await self._open.reader.read(READ_BYTES)
                if not data:
                    raise ModemFault("modem.unplugged")
                if reply := self._dialogue.feed(data):
                    return reply

    async def _write(self, data: bytes) -> None:
        self._open.writer.write(data)
        await self._open.writer.drain()

    @property
    def _open(self) -> Connection:
        if self._line is None:
            raise ModemFault("modem.closed")
        return self._line

    async def _close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            await line.close()

    def _told(self, trouble: str) -> None:
        if trouble and trouble != self.trouble:
            log.warning("modem does not answer", extra={"reason": trouble})
        self.trouble = trouble


def _delivery(reply: Reply) -> Delivery:
    if reply.end == "ok":
        return DELIVERED
    code = "modem.error" if reply.end in ("error", "prompt") else reply.end
    return Delivery("refused" if code in _FOR_GOOD else "again", code)


def _code(error: Exception) -> str:
    """No words of the line: it may hold a number."""
    if isinstance(error, ModemFault):
        return str(error)
    return NO_ANSWER if isinstance(error, TimeoutError) else "modem.unplugged"
