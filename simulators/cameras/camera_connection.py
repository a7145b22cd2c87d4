"""One connection of a client: its requests answered, its pictures sent."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import cast

from simulators.cameras.live_camera import LiveCamera
from simulators.cameras.ready_frames import ReadyFrame
from simulators.cameras.rtsp_requests import NotRtsp, Request, RequestReader
from simulators.cameras.simulated_camera import CameraState
from simulators.cameras.spoiling import spoilt

MOST_WAITING_BYTES = 2_000_000  # for a client that reads slowly; then pictures are skipped
Find = Callable[[str], LiveCamera | None]
Answer = Callable[["CameraConnection", Request], bytes]


class CameraConnection(asyncio.Protocol):
    """``find``: the camera of a URL. ``answer``: what a request is answered with; b"": nothing.

    ``standing``: where it is while it stands; one whose TLS never came about is not among them.
    """

    def __init__(self, find: Find, answer: Answer, standing: "set[CameraConnection]") -> None:
        self.find = find
        self._answer = answer
        self._standing = standing
        self._reader = RequestReader()
        self.transport: asyncio.Transport = cast(asyncio.Transport, None)
        self.live: LiveCamera | None = None
        self.session = ""
        self.channel = 0
        self.datagrams: socket.socket | None = None
        self.heard = 0.0
        self._hung = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._standing.add(self)
        self.heard = asyncio.get_running_loop().time()

    def data_received(self, data: bytes) -> None:
        self.heard = asyncio.get_running_loop().time()
        try:
            for found in self._reader.feed(data):
                if isinstance(found, Request):
                    self._ask(found)
                elif self.live is not None:
                    self.live.state.counters.feedback += 1
        except (NotRtsp, ValueError):
            self.transport.close()

    def _ask(self, request: Request) -> None:
        out = self._answer(self, request)
        if out:
            self.transport.write(out)
        if request.method == "PLAY" and out.startswith(b"RTSP/1.0 200") and self.live is not None:
            self.live.join(self)
        if request.method == "TEARDOWN":
            self.transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        self.leave()
        self._standing.discard(self)

    def leave(self) -> None:
        """It plays no longer, and its session is gone; the connection stays."""
        if self.live is not None and self.session:
            self.live.leave(self)
            self.live.state.sessions -= 1
        self.session = ""
        if self.datagrams is not None:
            self.datagrams.close()
            self.datagrams = None

    def open_datagrams(self, port: int) -> int:
        """The port that its packets go out of, to ``port`` of the client."""
        self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.datagrams.setblocking(False)
        self.datagrams.connect((self.transport.get_extra_info("peername")[0], port))
        return int(self.datagrams.getsockname()[1])

    def close(self) -> None:
        """As a camera that is switched off by its menu: FIN."""
        self.transport.close()

    def reset(self) -> None:
        """As a camera that was unplugged and is back: RST."""
        told = self.transport.get_extra_info("socket")
        if told is not None:
            told.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    @property
    def state(self) -> CameraState:
        """Of the camera that it plays."""
        assert self.live is not None
        return self.live.state

    def show(self, frame: ReadyFrame, number: int, time: int) -> None:
        """See ``Viewer``."""
        state = self.state
        faults, counters = state.faults, state.counters
        if self._expired() or self._silent(frame) or self.transport.is_closing():
            return
        if self.transport.get_write_buffer_size() > MOST_WAITING_BYTES:
            counters.skipped += 1
            return
        out: bytes | bytearray = frame.written(number, time, state.source, self.channel)
        if faults:
            out, self._hung = spoilt(state, frame, cast(bytearray, out))
        counters.frames += 1
        counters.keyframes += frame.key
        counters.packets += len(frame.starts)
        self._write(frame, out)

    def _write(self, frame: ReadyFrame, out: bytes | bytearray) -> None:
        if self.datagrams is None:
            self.transport.write(out)
            return
        for packet in frame.packets(bytearray(out)):
            with contextlib.suppress(OSError):  # a client that is gone, or a full queue: both are loss
                self.datagrams.send(packet[4:])

    def _silent(self, frame: ReadyFrame) -> bool:
        faults = self.state.faults
        if "half_frame" not in faults:
            self._hung = False
        if self._hung or "stall" in faults or "no_packets" in faults:
            return True
        return frame.key and "no_keyframe" in faults

    def _expired(self) -> bool:
        """A client that says nothing for the time of its session has none any more."""
        quiet = asyncio.get_running_loop().time() - self.heard
        if quiet <= self.state.camera.session_seconds:
            return False
        self.transport.close()
        return True

    def report(self, report: bytes) -> None:
        """See ``Viewer``."""
        if self._hung or {"stall", "no_packets"} & self.state.faults.keys() or self.datagrams is not None:
            return
        head = struct.pack(">cBH", b"$", self.channel + 1, len(report))
        self.transport.write(head + report)
