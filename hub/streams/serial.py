"""Serial lines (RS-232, USB-CDC): pyserial sets them up, the event loop reads and writes them."""

import asyncio
import os
from dataclasses import dataclass
from typing import Literal

import serial

from hub.errors import DeviceUnavailable
from hub.streams.pump import Connection


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
    return await _connect(port, endpoint.path)


async def _connect(port: serial.Serial, path: str) -> Connection:
    """Two descriptors of one line: asyncio's pipe transports each own theirs."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 20)
    protocol = asyncio.StreamReaderProtocol(reader)
    incoming, outgoing = os.dup(port.fileno()), os.dup(port.fileno())
    port.close()
    reading, _ = await loop.connect_read_pipe(lambda: protocol, os.fdopen(incoming, "rb", buffering=0))
    writing, flow = await loop.connect_write_pipe(
        asyncio.streams.FlowControlMixin, os.fdopen(outgoing, "wb", buffering=0)
    )
    return Connection(reader, asyncio.StreamWriter(writing, flow, reader, loop), path, on_close=reading.close)
