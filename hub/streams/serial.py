"""Serial lines (RS-232, USB-CDC): pyserial sets them up, the event loop reads and writes them."""

import asyncio
import os
from dataclasses import dataclass
from typing import Literal, Protocol

import serial

from hub.errors import DeviceUnavailable
from hub.streams.pump import Connection

READ_BYTES = 4096


@dataclass(frozen=True, slots=True)
class SerialEndpoint:
    """``path`` should be a by-id path: ttyUSB numbers change when a cable is pulled."""

    path: str
    baud: int = 9600
    bits: Literal[7, 8] = 8
    parity: Literal["N", "E", "O"] = "N"
    stop_bits: Literal[1, 2] = 1
    flow: Literal["none", "rtscts", "xonxoff"] = "none"


async def open_serial(endpoint: SerialEndpoint) -> Connection:
    """Open the line exclusively; raises DeviceUnavailable when it is away or in use."""
    try:
        port = serial.Serial(
            endpoint.path,
            endpoint.baud,
            bytesize=endpoint.bits,
            parity=endpoint.parity,
            stopbits=endpoint.stop_bits,
            rtscts=endpoint.flow == "rtscts",
            xonxoff=endpoint.flow == "xonxoff",
            timeout=0,
            exclusive=True,
        )
    except (serial.SerialException, ValueError) as error:
        raise DeviceUnavailable(f"{endpoint.path}: cannot be opened") from error
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 20)
    protocol = asyncio.StreamReaderProtocol(reader)
    line = SerialLine(port, protocol, loop)
    return Connection(reader, asyncio.StreamWriter(line, protocol, reader, loop), endpoint.path)


class Port(Protocol):
    """What is open and has a descriptor: a serial port, a keyboard."""

    @property
    def name(self) -> str | None: ...

    def fileno(self) -> int: ...

    def close(self) -> None: ...


class SerialLine(asyncio.Transport):
    """A transport on the port's descriptor: uvloop takes no terminal for a pipe."""

    def __init__(
        self, port: Port, protocol: asyncio.StreamReaderProtocol, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__({"serial": port.name})
        self._port = port
        self._descriptor = port.fileno()
        self._protocol = protocol
        self._loop = loop
        self._unsent = bytearray()
        self._closing = False
        os.set_blocking(self._descriptor, False)
        protocol.connection_made(self)
        loop.add_reader(self._descriptor, self._readable)

    def is_closing(self) -> bool:
        return self._closing

    def pause_reading(self) -> None:
        self._loop.remove_reader(self._descriptor)

    def resume_reading(self) -> None:
        if not self._closing:
            self._loop.add_reader(self._descriptor, self._readable)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Sent in order; what the line does not take now is kept."""
        if self._closing or not data:  # a keyboard cannot be written to at all
            return
        waiting = bool(self._unsent)
        self._unsent += data
        if not waiting:
            self._writable()

    def close(self) -> None:
        self._end(None)

    def abort(self) -> None:
        self._end(None)

    def _readable(self) -> None:
        try:
            data = os.read(self._descriptor, READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:  # a cable pulled, an adapter unplugged
            self._end(error)
            return
        if data:
            self._protocol.data_received(data)
        else:
            self._end(None)

    def _writable(self) -> None:
        try:
            del self._unsent[: os.write(self._descriptor, self._unsent)]
        except BlockingIOError:
            pass
        except OSError as error:
            self._end(error)
            return
        if self._unsent:
            self._loop.add_writer(self._descriptor, self._writable)
        else:
            self._loop.remove_writer(self._descriptor)

    def _end(self, error: OSError | None) -> None:
        if self._closing:
            return
        self._closing = True
        self._loop.remove_reader(self._descriptor)
        self._loop.remove_writer(self._descriptor)
        self._port.close()
        self._loop.call_soon(self._protocol.connection_lost, error)
