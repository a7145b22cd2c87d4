"""Simulated cameras behind one RTSP server, with switches for their faults.

server = RtspServer("127.0.0.1", cameras=[SimulatedCamera("cam-1", login=CameraLogin("viewer", "secret"))])
async with server:
    play(server.url("cam-1"))
    server.fault("cam-1", "stall")
    server.clear("cam-1")
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from simulators.cameras.answering import answer
from simulators.cameras.camera_connection import CameraConnection
from simulators.cameras.camera_faults import ANSWERING, ONCE, settled
from simulators.cameras.clip_store import ClipStore
from simulators.cameras.doors import Door
from simulators.cameras.live_camera import LiveCamera
from simulators.cameras.simulated_camera import CameraState, Counters, SimulatedCamera


class RtspServer:
    """Made without touching anything; ``start`` listens. ``clips``: where footage is kept; None: in memory.

    ``port`` 0: any; it is known after the start. ``tls``: all of it is rtsps.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        cameras: Sequence[SimulatedCamera] = (),
        *,
        clips: ClipStore | None = None,
        tls: ssl.SSLContext | None = None,
        seed: int = 1,
    ) -> None:
        self.host = host
        self.tls = tls
        self.clips = clips or ClipStore()
        self.states = {each.id: CameraState(each, self.clips.ready, seed) for each in cameras}
        self.connections: set[CameraConnection] = set()
        # When somebody connected, by the loop's clock: the last hundred thousand times.
        self.connected: deque[float] = deque(maxlen=100_000)
        self._lives: dict[str, LiveCamera] = {}
        self._shared = Door(host, port, tls)
        self._apart = {each.id: Door(host, each.port, tls) for each in cameras if each.apart}

    @property
    def port(self) -> int:
        """Of the cameras that share one."""
        return self._shared.port

    def url(self, camera: str) -> str:
        """Without a login."""
        door = self._apart.get(camera, self._shared)
        return f"rtsp{'s' if self.tls else ''}://{self.host}:{door.port}/{camera}"

    async def start(self) -> None:
        """Raises OSError."""
        self._lives = {name: LiveCamera(state) for name, state in self.states.items()}
        for door in (self._shared, *self._apart.values()):
            await door.open(self._connection)

    async def close(self) -> None:
        """Ends every connection."""
        for door in (self._shared, *self._apart.values()):
            await door.close()
        for connection in tuple(self.connections):
            connection.transport.abort()

    def counters(self, camera: str) -> Counters:
        """Since the start."""
        return self.states[camera].counters

    def fault(self, camera: str, name: str, **how: float | str) -> None:
        """From now on, until it is cleared; ``drop`` and ``reset`` happen once. Raises UnknownFault.

        What is wrong where a client asks ends the sessions that run. Footage may be encoded first: up to
        some tenths of a second, where it is not in the store yet.
        """
        state, told = self.states[camera], settled(name, how)
        door = self._apart_door(camera) if name in ("refused", "black_hole") else None
        if name in ONCE:
            self._end(camera, reset=name == "reset")
            return
        state.faults[name] = told
        if door is not None:
            door.shut(black_hole=name == "black_hole")
        if name in ANSWERING and told.get("method") != "GET_PARAMETER":
            self._end(camera)

    def clear(self, camera: str, name: str = "") -> None:
        """That fault, or all of them; it may be over already."""
        state = self.states[camera]
        for each in (name,) if name else tuple(state.faults):
            state.faults.pop(each, None)
        if camera in self._apart and not {"refused", "black_hole"} & state.faults.keys():
            self._apart[camera].reopen()

    def shut(self) -> None:
        """As when a switch dies: all connections end, and nobody is let in."""
        for door in (self._shared, *self._apart.values()):
            door.shut()
        for connection in tuple(self.connections):
            connection.reset()

    def reopen(self) -> None:
        """On the same ports."""
        for door in (self._shared, *self._apart.values()):
            door.reopen()

    async def opened(self) -> None:
        """What was opened again listens. Raises OSError."""
        for door in (self._shared, *self._apart.values()):
            await door.opened()

    def _apart_door(self, camera: str) -> Door:
        if camera not in self._apart:
            raise ValueError(f"{camera} shares its port: only a camera apart can refuse")
        return self._apart[camera]

    def _end(self, camera: str, *, reset: bool = False) -> None:
        for connection in tuple(self.connections):
            if connection.live is self._lives[camera]:
                (connection.reset if reset else connection.close)()

    def _connection(self) -> CameraConnection:
        connection = CameraConnection(self._found, answer, self.connections)
        self.connected.append(asyncio.get_running_loop().time())
        return connection

    def _found(self, path: str) -> LiveCamera | None:
        """The camera of a URL's path, with or without its track."""
        return self._lives.get(path.strip("/").partition("/trackID=")[0])

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
