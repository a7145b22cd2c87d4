"""A viewer of RTSP that hides nothing: every reply, every packet, as simulated cameras send them."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from simulators.cameras.clip_plans import ClipPlan
from simulators.cameras.clip_store import ClipStore
from simulators.cameras.login_check import CameraLogin
from simulators.cameras.rtsp_server import RtspServer
from simulators.cameras.simulated_camera import SimulatedCamera

PLAN = ClipPlan(width=320, height=192, frames_a_second=50, keyframes=3, keyframe_seconds=0.2)
CLIPS = ClipStore()


@asynccontextmanager
async def three_cameras() -> AsyncIterator[RtspServer]:
    """``plain``, ``apart`` on a port of its own, and ``guarded`` with a login."""
    cameras = [
        SimulatedCamera("plain", PLAN),
        SimulatedCamera("apart", PLAN, apart=True),
        SimulatedCamera("guarded", PLAN, login=CameraLogin("viewer", "secret")),
    ]
    async with RtspServer(cameras=cameras, clips=CLIPS) as server:
        yield server


@dataclass(frozen=True)
class Heard:
    """One packet: of the stream (channel 0) or of its reports (channel 1)."""

    channel: int
    data: bytes

    @property
    def number(self) -> int:
        return int.from_bytes(self.data[2:4], "big")

    @property
    def time(self) -> int:
        return int.from_bytes(self.data[4:8], "big")

    @property
    def marker(self) -> bool:
        return bool(self.data[1] & 0x80)

    @property
    def nal(self) -> int:
        """Kind of H.264: 28 is a piece of one, 24 are several."""
        return self.data[12] & 0x1F

    @property
    def offset_seconds(self) -> float:
        """NTP of a sender report, since 1970."""
        seconds, share = struct.unpack_from(">II", self.data, 8)
        return float(seconds - 2_208_988_800 + share / 2**32)


@dataclass
class Reply:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


class RtspViewer:
    """Over interleaved TCP. Every wait ends after ``patience`` seconds with TimeoutError."""

    def __init__(self, url: str, patience: float = 60.0) -> None:
        self.url = url
        self.patience = patience
        self.session = ""
        self._number = 0
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def __aenter__(self) -> "RtspViewer":
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        coming = asyncio.open_connection(parts.hostname, parts.port)
        self._reader, self._writer = await asyncio.wait_for(coming, self.patience)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.transport.abort()

    async def ask(self, method: str, target: str = "", **headers: str) -> Reply:
        self.send(method, target, **headers)
        return await asyncio.wait_for(self._reply(), self.patience)

    def send(self, method: str, target: str = "", **headers: str) -> None:
        self._number += 1
        lines = [f"{method} {target or self.url} RTSP/1.0", f"CSeq: {self._number}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if self.session:
            lines.append(f"Session: {self.session}")
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def _reply(self) -> Reply:
        while (first := await self._reader.readexactly(1)) == b"$":
            await self._rest_of_packet()
        head = (first + await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:-2])}
        body = await self._reader.readexactly(int(headers.get("content-length", 0)))
        return Reply(int(head[0].split(" ")[1]), headers, body.decode())

    async def play(self, transport: str = "RTP/AVP/TCP;unicast;interleaved=0-1") -> Reply:
        """SETUP and PLAY; the first reply that is no 200, or that to PLAY."""
        reply = await self.ask("SETUP", f"{self.url}/trackID=1", Transport=transport)
        if reply.status == 200:
            self.session = reply.headers["session"].split(";")[0]
            reply = await self.ask("PLAY")
        return reply

    async def packet(self) -> Heard:
        """The next one; what is nonsense between two is left out. IncompleteReadError: it is closed."""
        return await asyncio.wait_for(self._packet(), self.patience)

    async def _packet(self) -> Heard:
        while await self._reader.readexactly(1) != b"$":
            pass
        return await self._rest_of_packet()

    async def _rest_of_packet(self) -> Heard:
        channel, length = struct.unpack(">BH", await self._reader.readexactly(3))
        return Heard(channel, await self._reader.readexactly(length))

    async def picture(self) -> list[Heard]:
        """Packets up to a marker, without reports."""
        packets: list[Heard] = []
        while not (packets and packets[-1].marker):
            heard = await self.packet()
            packets += [heard] if heard.channel == 0 else []
        return packets

    async def drained(self) -> None:
        """It is closed. ConnectionResetError: by RST."""
        while await self.raw():
            pass

    async def raw(self) -> bytes:
        """Whatever comes next; b"": it is closed."""
        return await asyncio.wait_for(self._reader.read(65536), self.patience)
