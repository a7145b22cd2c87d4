"""The last pictures of an edge's cameras: in memory, and sealed on its disk. They leave it by its API only.

Nothing of them is on the bus, in the store, in a log or in a backup. A reference and the pictures of events
are written at once, the latest ones every ``FLUSH_SECONDS``: written each time, those of 200 cameras would be
50 GB a day for a disk, and each is worthless ten seconds later.
"""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from time import monotonic

from hub.contract import Snapshot, SnapshotKind
from hub.edge.picture_folder import PictureFolder

LARGEST_JPEG_BYTES = 1 << 20
LARGEST_WALL_BYTES = 64 << 10
MEMORY_BYTES = 32 << 20  # of all latest pictures; those beyond are read from disk
MOST_WAITING = 256  # pictures that the disk has not taken yet
FLUSH_SECONDS = 60.0
PRUNE_SECONDS = 600.0
LONGEST_WAIT_SECONDS = 15.0
FOLLOWED_SECONDS = 5.0  # who follows asks again at once: so long after an answer he is believed to be there
_JPEG = b"\xff\xd8\xff"
log = logging.getLogger(__name__)


class Snapshots:
    """One of an edge; ``cameras``: those whose pictures may be kept. What lies there of others is deleted."""

    def __init__(
        self,
        folder: PictureFolder,
        keep_hours: int,
        now_ms: Callable[[], int],
        now_s: Callable[[], float] = monotonic,
    ) -> None:
        self.cameras: set[str] = set()
        self._folder = folder
        self._keep_ms = keep_hours * 3_600_000
        self._now_ms = now_ms
        self._now_s = now_s
        self._latest: OrderedDict[str, Snapshot] = OrderedDict()  # least recently taken first
        self._unwritten: set[str] = set()  # cameras whose latest is not on disk
        self._waiting: deque[Snapshot] = deque(maxlen=MOST_WAITING)
        self._work = asyncio.Event()
        self._taken = asyncio.Event()
        self._followed_s: dict[str, float] = {}
        self._failing = False

    def take(self, snapshot: Snapshot) -> None:
        """Keep it and wake whoever waits; never waits itself. Raises ValueError: it is no picture."""
        if not snapshot.jpeg.startswith(_JPEG) or len(snapshot.jpeg) > LARGEST_JPEG_BYTES:
            raise ValueError(f"a snapshot is a JPEG of at most {LARGEST_JPEG_BYTES} bytes")
        if len(snapshot.wall) > LARGEST_WALL_BYTES:
            raise ValueError(f"a picture of the wall has {LARGEST_WALL_BYTES} bytes at most")
        if snapshot.device not in self.cameras:
            return
        if snapshot.kind != "latest":
            self._waiting.append(snapshot)
            self._work.set()
            return
        self._latest[snapshot.device] = snapshot
        self._latest.move_to_end(snapshot.device)
        self._unwritten.add(snapshot.device)
        self._taken.set()
        self._taken = asyncio.Event()

    def looked_at(self, device: str) -> bool:
        """Whether somebody follows its pictures now."""
        return self._followed_s.get(device, 0.0) > self._now_s()

    async def find(self, device: str, kind: SnapshotKind, at_ms: int | None = None) -> Snapshot | None:
        """The latest, the reference, or an event's (None: the newest, else that of ``at_ms``)."""
        if device not in self.cameras:
            return None
        if kind == "latest" and device in self._latest:
            return self._latest[device]
        for one in reversed(self._waiting):
            if (one.device, one.kind) == (device, kind) and at_ms in (None, one.at_ms):
                return one
        return await self._folder.read(device, kind, at_ms)

    async def events(self, device: str) -> list[int]:
        """Times (Unix ms) of the pictures of its events, the newest first."""
        return await self._folder.events(device) if device in self.cameras else []

    async def next(self, device: str, after_ms: int, seconds: float) -> Snapshot | None:
        """The latest picture once it was taken after ``after_ms``; None: none came in time (15 s at most)."""
        seconds = max(0.0, min(seconds, LONGEST_WAIT_SECONDS))
        self._followed_s[device] = self._now_s() + seconds + FOLLOWED_SECONDS
        try:
            async with asyncio.timeout(seconds):
                while True:
                    taken = self._taken
                    found = await self.find(device, "latest")
                    if found is not None and found.at_ms > after_ms:
                        return found
                    await taken.wait()
        except TimeoutError:
            return None

    async def run(self) -> None:
        """Write until cancelled, and then what is left."""
        flush_s = prune_s = self._now_s()
        try:
            await self._on_disk(self._folder.keep_only(self.cameras))
            while True:
                if self._now_s() >= prune_s:
                    await self._on_disk(self._folder.prune(self._now_ms() - self._keep_ms))
                    prune_s = self._now_s() + PRUNE_SECONDS
                if self._now_s() >= flush_s:
                    await self._flush()
                    flush_s = self._now_s() + FLUSH_SECONDS
                await self._write_waiting()
                await self._until(min(flush_s, prune_s))
        finally:
            await self._write_waiting()
            await self._flush()

    async def _until(self, at_s: float) -> None:
        """Until there is something to be written at once, ``at_s`` at the latest."""
        try:
            async with asyncio.timeout(max(0.0, at_s - self._now_s())):
                await self._work.wait()
        except TimeoutError:
            return

    async def _write_waiting(self) -> None:
        """What the disk refuses waits on; a newer picture takes the place of the oldest that waits."""
        self._work.clear()
        while self._waiting:
            one = self._waiting[0]
            if not await self._on_disk(self._folder.write([one])):
                return
            if self._waiting and self._waiting[0] is one:
                self._waiting.popleft()

    async def _flush(self) -> None:
        dirty = [self._latest[name] for name in self._unwritten]
        if dirty and await self._on_disk(self._folder.write(dirty)):
            self._unwritten -= {one.device for one in dirty if self._latest[one.device] is one}
        self._trim()

    def _trim(self) -> None:
        """Only what is on disk goes from memory; with no disk that is nothing, and cameras are few."""
        used = sum(len(one.jpeg) + len(one.wall) for one in self._latest.values())
        for name in [name for name in self._latest if name not in self._unwritten]:
            if used <= MEMORY_BYTES:
                return
            one = self._latest.pop(name)
            used -= len(one.jpeg) + len(one.wall)

    async def _on_disk(self, work: Awaitable[object]) -> bool:
        """Whether it was done; a disk that refuses is told once."""
        try:
            await work
        except OSError as error:
            if not self._failing:
                log.warning("pictures cannot be kept", extra={"reason": error.strerror or "unknown"})
            self._failing = True
            return False
        self._failing = False
        return True
