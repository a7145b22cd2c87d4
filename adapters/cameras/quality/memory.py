"""What is known of one camera between two checks, as bytes: whoever holds them need not understand them.

Version, checksum and the length, which follows from the flags, are checked before anything is read, so bytes
of another version, of a broken disk or of somebody else are refused. At most ``MOST_BYTES``.
To accept what a camera shows now as its new reference, forget all of it: the next checks learn it anew.
"""

import struct
import zlib
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

WIDTH: Final = 320
HEIGHT: Final = 180
BLOCKS_DOWN: Final = 9
BLOCKS_ACROSS: Final = 16
CELLS_DOWN: Final = 45
CELLS_ACROSS: Final = 80
HOURS: Final = 24
VERSION: Final = 1
NOTHING: Final = b""

_MAGIC: Final = b"eqm"
_HEAD: Final = struct.Struct("<3sBBI")  # magic, version, which parts follow, CRC-32 of them
_VIEW: Final = struct.Struct("<HBf")  # checks learnt, misfits in a row, clarity
_LAST: Final = struct.Struct("<q32sHHq")  # at_ms, digest, identical in a row, quiet in a row, quiet since
_CLOCK: Final = struct.Struct("<?")  # whether it is doubtful
_DAY, _NIGHT, _SEEN = 1, 2, 4
_PICTURE_BYTES = WIDTH * HEIGHT
_COLOUR_BYTES = 2 * BLOCKS_DOWN * BLOCKS_ACROSS
_CELL_BYTES = CELLS_DOWN * CELLS_ACROSS
_HOUR_FIGURES: Final = 4
_HOUR_BYTES = HOURS * _HOUR_FIGURES * 4
_VIEW_BYTES = _VIEW.size + _PICTURE_BYTES + _COLOUR_BYTES
_SEEN_BYTES = _LAST.size + _PICTURE_BYTES + _CLOCK.size + _CELL_BYTES + _HOUR_BYTES
MOST_BYTES: Final = _HEAD.size + 2 * _VIEW_BYTES + _SEEN_BYTES


class BadMemory(Exception):
    """Not ours, of another version, or damaged; nothing of it is used."""


@dataclass(frozen=True, slots=True)
class View:
    """How a camera looks by day, or by night, when all is well.

    ``picture``: 180 × 320 in grey, a running median; ``colours``: 2 × 9 × 16, blue and red of blocks;
    ``clarity``: finest detail ÷ coarser detail as first learnt, against which creeping blur is measured.
    """

    picture: Grey
    colours: Grey
    checks: int = 1
    misfits: int = 0
    clarity: float = 0.0


class Last(NamedTuple):
    """The check before this one; ``quiet``: checks in a row without movement, since ``quiet_since_ms``."""

    picture: Grey
    at_ms: int
    digest: bytes
    identical: int = 0
    quiet: int = 0
    quiet_since_ms: int = 0


def _no_cells() -> Grey:
    return np.zeros((CELLS_DOWN, CELLS_ACROSS), np.uint8)


def _no_hours() -> NDArray[np.float32]:
    return np.zeros((HOURS, _HOUR_FIGURES), np.float32)


@dataclass(frozen=True, slots=True)
class Memory:
    """``cells``: how steadily each 4 × 4 cell changed, 255 at every check; ``doubtful``: the text of the
    clock has changed beyond its seconds and was not seen to run since.

    ``hours``: of each hour of the day (UTC): checks, those at which something had moved, on how many days,
    and the last of those days (since 1970).
    """

    day: View | None = None
    night: View | None = None
    last: Last | None = None
    doubtful: bool = False
    cells: Grey = field(default_factory=_no_cells)
    hours: NDArray[np.float32] = field(default_factory=_no_hours)

    def view(self, *, night: bool) -> View | None:
        return self.night if night else self.day

    def with_view(self, view: View | None, *, night: bool) -> "Memory":
        return replace(self, night=view) if night else replace(self, day=view)

    def packed(self) -> bytes:
        parts = [_view_bytes(view) for view in (self.day, self.night) if view]
        flags = (_DAY if self.day else 0) | (_NIGHT if self.night else 0)
        if self.last:
            flags |= _SEEN
            parts += [_last_bytes(self.last), _CLOCK.pack(self.doubtful)]
            parts += [self.cells.tobytes(), self.hours.tobytes()]
        body = b"".join(parts)
        return _HEAD.pack(_MAGIC, VERSION, flags, zlib.crc32(body)) + body


def unpacked(data: bytes) -> Memory:
    """Raises BadMemory; nothing at all is a camera that was never seen."""
    if data == NOTHING:
        return Memory()
    if len(data) < _HEAD.size:
        raise BadMemory("too short")
    magic, version, flags, checksum = _HEAD.unpack_from(data)
    if magic != _MAGIC or version != VERSION or flags & ~(_DAY | _NIGHT | _SEEN):
        raise BadMemory("of another version")
    if len(data) != _length(flags):
        raise BadMemory("of another length")
    body = memoryview(data)[_HEAD.size :]
    if zlib.crc32(body) != checksum:
        raise BadMemory("damaged")
    return _Reader(body).memory(flags)


def _length(flags: int) -> int:
    views = bool(flags & _DAY) + bool(flags & _NIGHT)
    return _HEAD.size + views * _VIEW_BYTES + (_SEEN_BYTES if flags & _SEEN else 0)


def _view_bytes(view: View) -> bytes:
    told = _VIEW.pack(view.checks, view.misfits, view.clarity)
    return told + view.picture.tobytes() + view.colours.tobytes()


def _last_bytes(last: Last) -> bytes:
    told = _LAST.pack(last.at_ms, last.digest, last.identical, last.quiet, last.quiet_since_ms)
    return told + last.picture.tobytes()


class _Reader:
    """Takes part after part; the length was checked."""

    def __init__(self, body: memoryview) -> None:
        self._body = body
        self._at = 0

    def memory(self, flags: int) -> Memory:
        day = self._view() if flags & _DAY else None
        night = self._view() if flags & _NIGHT else None
        if not flags & _SEEN:
            return Memory(day, night)
        last = self._last()
        (doubtful,) = _CLOCK.unpack(self._taken(_CLOCK.size))
        cells = self._grey(_CELL_BYTES).reshape(CELLS_DOWN, CELLS_ACROSS)
        hours = np.frombuffer(self._taken(_HOUR_BYTES), np.float32).reshape(HOURS, _HOUR_FIGURES)
        return Memory(day, night, last, doubtful, cells, _finite(hours))

    def _view(self) -> View:
        checks, misfits, clarity = _VIEW.unpack(self._taken(_VIEW.size))
        picture = self._grey(_PICTURE_BYTES).reshape(HEIGHT, WIDTH)
        colours = self._grey(_COLOUR_BYTES).reshape(2, BLOCKS_DOWN, BLOCKS_ACROSS)
        if not 0 <= clarity < 100:
            raise BadMemory("a figure that cannot be")
        return View(picture, colours, checks, misfits, clarity)

    def _last(self) -> Last:
        at_ms, digest, identical, quiet, since = _LAST.unpack(self._taken(_LAST.size))
        return Last(self._grey(_PICTURE_BYTES).reshape(HEIGHT, WIDTH), at_ms, digest, identical, quiet, since)

    def _grey(self, length: int) -> Grey:
        return np.frombuffer(self._taken(length), np.uint8)

    def _taken(self, length: int) -> memoryview:
        taken = self._body[self._at : self._at + length]
        self._at += length
        return taken


def _finite(hours: NDArray[np.float32]) -> NDArray[np.float32]:
    if not bool(np.isfinite(hours).all()) or bool((hours < 0).any()):
        raise BadMemory("a figure that cannot be")
    return hours
