"""A relay card on a serial line: a few bytes or a line switch it, a line of it is the button."""

import asyncio
from contextlib import suppress

from hub.errors import DeviceUnavailable
from hub.notify.channels.parcel import NO_ANSWER
from hub.notify.channels.relay_line import HEX, RelayFault, bytes_of
from hub.notify.settings import RelaySettings
from hub.streams import SerialEndpoint, open_serial
from hub.streams.pump import Connection

READ_BYTES = 256
MOST_KEPT_BYTES = 1024  # of what the card says, while the button's words are looked for


class SerialRelay:
    """Cards say nothing of what they did: written is done."""

    def __init__(self, relay: RelaySettings, seconds: float) -> None:
        self.has_button = bool(relay.button_text)
        self._relay = relay
        self._seconds = seconds
        self._endpoint = SerialEndpoint(relay.path, relay.baud, parity=relay.parity)
        self._line: Connection | None = None
        self._listening: asyncio.Task[None] | None = None
        self._pressed = False

    async def switch(self, energised: bool) -> None:
        text = self._relay.on_text if energised else self._relay.off_text
        line = await self._open()
        line.writer.write(bytes_of(text) if text.startswith(HEX) else text.encode() + b"\r\n")
        try:
            async with asyncio.timeout(self._seconds):
                await line.writer.drain()
        except OSError as error:
            await self.close()
            raise RelayFault(NO_ANSWER) from error

    async def pressed(self) -> bool:
        await self._open()
        pressed, self._pressed = self._pressed, False
        return pressed

    async def close(self) -> None:
        task, self._listening = self._listening, None
        if task is not None:
            task.cancel()
        line, self._line = self._line, None
        if line is not None:
            await line.close()

    async def _open(self) -> Connection:
        if self._listening is not None and self._listening.done():  # unplugged
            await self.close()
        if self._line is None:
            try:
                self._line = await open_serial(self._endpoint)
            except DeviceUnavailable as error:
                raise RelayFault("relay.unplugged") from error
            self._listening = asyncio.create_task(self._listen(self._line), name="relay-button")
        return self._line

    async def _listen(self, line: Connection) -> None:
        """Until the line ends; without a button what the card says is only taken off the line."""
        needle, said = bytes_of(self._relay.button_text), b""
        with suppress(OSError):
            while data := await line.reader.read(READ_BYTES):
                said = (said + data)[-MOST_KEPT_BYTES:]
                if needle and needle in said:
                    self._pressed, said = True, b""
