"""What is known of one camera's picture: how it looks when all is well, and what was seen last."""

from adapters.cameras.camera_config import RtspConfig
from adapters.cameras.keyframes.looks import Look, Polygon, Seen
from adapters.cameras.rtsp.facts import KeyFrame
from hub.contract import Outlet, Snapshot, SnapshotKind
from hub.errors import NotCommitted

BASELINE = "baseline"  # the kept file
KEEP_EVERY_S = 900.0  # what was learnt in between is learnt again after a crash


class CameraPicture:
    """Of one camera. ``remember`` first."""

    def __init__(self, config: RtspConfig, outlet: Outlet) -> None:
        self._config = config
        self._outlet = outlet
        self._masks: tuple[Polygon, ...] = tuple(
            tuple((x, y) for x, y in polygon) for polygon in config.masks
        )
        self._memory = b""
        self._seen: Seen | None = None
        self._seen_ms = 0
        self._kept_s = 0.0
        self._is_kept = True

    async def remember(self, at_s: float) -> None:
        """What was learnt before this start."""
        self._memory = await self._outlet.kept(BASELINE)
        self._kept_s = at_s

    def look_at(self, frame: KeyFrame) -> Look:
        """What a worker is to be asked."""
        width = self._config.picture_width if self._config.snapshot else 0
        return Look(frame, self._masks, width, self._memory)

    def seen(self, seen: Seen, at_ms: int) -> None:
        """It was judged; its picture is kept where that is wanted."""
        learnt = self._seen is not None and self._seen.learning and not seen.learning
        self._memory, self._is_kept = seen.memory, False
        self._seen, self._seen_ms = seen, at_ms
        self._show("latest")
        if learnt:
            self._show("reference")
            self._kept_s = float("-inf")  # at once: what took so many checks is not to be lost

    def raised(self, fault: str) -> None:
        """Keep what it showed when a fault was raised."""
        self._show("event", fault)

    def accept(self) -> bool:
        """What it shows now is right; False: nothing was seen yet. It is learnt anew from here."""
        if self._seen is None:
            return False
        self._memory, self._is_kept, self._kept_s = b"", False, float("-inf")
        self._show("reference")
        return True

    async def keep(self, at_s: float, *, now: bool = False) -> None:
        """From time to time; what the disk refuses is tried again the next time."""
        if self._is_kept or (not now and at_s - self._kept_s < KEEP_EVERY_S):
            return
        self._kept_s, self._is_kept = at_s, True
        try:
            await self._outlet.keep(BASELINE, self._memory)
        except NotCommitted:
            self._is_kept = False

    def _show(self, kind: SnapshotKind, reason: str = "") -> None:
        seen = self._seen
        if seen is None or not seen.jpeg:
            return
        self._outlet.snapshot(
            Snapshot(
                self._config.id,
                self._seen_ms,
                seen.jpeg,
                seen.picture_width,
                seen.picture_height,
                kind,
                reason,
                seen.wall,
            )
        )
