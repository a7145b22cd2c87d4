"""Devices that call themselves keyboards (Linux evdev): grabbed, so that nobody else hears their keys."""

import asyncio
import fcntl
import os
from dataclasses import dataclass

from hub.errors import DeviceUnavailable
from hub.streams.pump import Connection
from hub.streams.serial import SerialLine

EVIOCGRAB = 0x40044590  # _IOW('E', 0x90, int) of linux/input.h


@dataclass(slots=True)
class Keyboard:
    """An open ``/dev/input/event…``."""

    name: str
    descriptor: int

    def fileno(self) -> int:
        return self.descriptor

    def close(self) -> None:
        """The grab ends with it."""
        os.close(self.descriptor)


async def open_keyboard(path: str) -> Connection:
    """Open and grab it; raises DeviceUnavailable when it is away, no keyboard, or somebody else's.

    ``path`` should be a by-id path: event numbers change when a cable is pulled.
    """
    try:
        keyboard = Keyboard(path, os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError as error:
        raise DeviceUnavailable(f"{path}: cannot be opened") from error
    try:
        grab(keyboard)
    except OSError as error:
        keyboard.close()
        raise DeviceUnavailable(f"{path}: cannot be grabbed") from error
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 20)
    protocol = asyncio.StreamReaderProtocol(reader)
    line = SerialLine(keyboard, protocol, loop)
    return Connection(reader, asyncio.StreamWriter(line, protocol, reader, loop), path)


def grab(keyboard: Keyboard) -> None:
    """Or everything that people show would also be typed at the machine's console."""
    fcntl.ioctl(keyboard.descriptor, EVIOCGRAB, 1)
