"""A camera that sends by UDP only, for what our own client does not play; its stream is libav's own."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from threading import Event, Thread
from typing import Literal

import av
from av.video.stream import VideoStream

from tests.cameras.keyframes.encoded import picture

WIDTH, HEIGHT, RATE = 320, 240, 25
DESCRIPTIONS = {
    "h264": "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n",
    "mjpeg": "m=video 0 RTP/AVP 26\r\n",
}
Streamed = Literal["h264", "mjpeg"]
Answer = Callable[[str, str], str | None]
"""(method, the whole request) -> a reply without its CSeq; None: the usual one; "": none."""


def nothing_special(method: str, request: str) -> str | None:
    return None


@dataclass
class UdpCamera:
    """``asked``: whole requests. ``silent`` ends the packets, the line stays."""

    streamed: Streamed = "h264"
    answer: Answer = nothing_special
    asked: list[str] = field(default_factory=list)
    port: int = 0
    silent: Event = field(default_factory=Event)
    _sender: Thread | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.asked.append(request)
                number = re.search(r"CSeq: (\d+)", request)
                reply = self._reply(request)
                if not reply:
                    continue
                head, _, rest = reply.partition("\r\n")
                told = f"{head}\r\nCSeq: {number[1] if number else 0}\r\n{rest}"
                writer.write(told.encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def end(self) -> None:
        self.silent.set()
        if self._sender is not None and self._sender.is_alive():
            self._sender.join()

    def _reply(self, request: str) -> str:
        method = request.partition(" ")[0]
        special = self.answer(method, request)
        if special is not None:
            return special
        if method == "DESCRIBE":
            told = f"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n{DESCRIPTIONS[self.streamed]}"
            told += "a=control:track1\r\n"
            head = f"Content-Type: application/sdp\r\nContent-Length: {len(told)}"
            return f"RTSP/1.0 200 OK\r\n{head}\r\n\r\n{told}"
        if method == "SETUP":
            found = re.search(r"client_port=(\d+)", request)
            if found is None:
                return "RTSP/1.0 461 Unsupported Transport\r\n\r\n"
            transport = f"RTP/AVP;unicast;client_port={found[1]}-{int(found[1]) + 1};server_port=9-10"
            self._sender = Thread(target=self._send, args=(int(found[1]),), daemon=True)
            return f"RTSP/1.0 200 OK\r\nSession: 7;timeout=60\r\nTransport: {transport}\r\n\r\n"
        if method == "PLAY" and self._sender is not None:
            self._sender.start()
        return "RTSP/1.0 200 OK\r\nSession: 7\r\n\r\n"

    def _send(self, port: int) -> None:
        """In a thread: the muxer blocks."""
        with av.open(f"rtp://127.0.0.1:{port}", "w", format="rtp") as container:
            stream = self._stream(container)
            frame = av.VideoFrame.from_ndarray(picture(WIDTH, HEIGHT), format="bgr24")
            frame = frame.reformat(format=stream.pix_fmt)
            number = 0
            while not self.silent.wait(1 / RATE):
                frame.pts, frame.time_base = number, Fraction(1, RATE)
                container.mux(stream.encode(frame))
                number += 1

    def _stream(self, container: "av.container.OutputContainer") -> VideoStream:
        if self.streamed == "mjpeg":
            stream = container.add_stream("mjpeg", rate=RATE)
            stream.pix_fmt = "yuvj420p"
        else:
            options = {"preset": "ultrafast", "tune": "zerolatency", "g": "10"}
            stream = container.add_stream("libx264", rate=RATE, options=options)
            stream.pix_fmt = "yuv420p"
        stream.width, stream.height = WIDTH, HEIGHT
        return stream


@asynccontextmanager
async def udp_camera(
    streamed: Streamed = "h264", answer: Answer = nothing_special
) -> AsyncIterator[UdpCamera]:
    camera = UdpCamera(streamed, answer)
    server = await asyncio.start_server(camera.serve, "127.0.0.1", 0)
    camera.port = server.sockets[0].getsockname()[1]
    try:
        yield camera
    finally:
        server.close()
        await asyncio.to_thread(camera.end)
