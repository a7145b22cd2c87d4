"""Whether the picture stands still although frames come.

Certain are two things: the same picture again, which no sensor gives, and a burnt-in clock that ran at every
check and now stands while nothing else moves. An encoder that holds its rate makes a standing source look
like an empty corridor (measured: both differ by a level or so from keyframe to keyframe). Without a clock a
freeze is only ever suspected: by far less movement than at this hour of other days, for 10 minutes or more.
"""

import math
from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.cameras.quality.memory import CELLS_ACROSS, CELLS_DOWN, HOURS, Grey, Last, Memory
from adapters.cameras.quality.thresholds import Thresholds

_MOST = 2.0
_CLOCK_STANDS = 1.2
_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
_DAY_MS = HOURS * _HOUR_MS
_TEXT_REACH = 8  # cells of one line of text, left and right of a digit
_COUNTER = 0xFFFF

Flags = NDArray[np.bool_]


class Frozen(NamedTuple):
    """Scores, and the memory with this check in it."""

    certain: float
    suspected: float
    memory: Memory


def frozen(memory: Memory, picture: Grey, at_ms: int, digest: bytes, limits: Thresholds) -> Frozen:
    before = memory.last
    digest = digest[:32].ljust(32, b"\0")
    at_ms = min(max(at_ms, 0), 2**62)
    if before is None or not 0 < at_ms - before.at_ms <= limits.gap_minutes * _MINUTE_MS:
        return Frozen(0.0, 0.0, replace(memory, last=Last(picture, at_ms, digest)))
    difference = cv2.absdiff(picture, before.picture)
    if _is_identical(before, digest, np.asarray(difference, np.uint8), limits):
        kept = before._replace(at_ms=at_ms, identical=min(_COUNTER, before.identical + 1))
        return Frozen(min(_MOST, 1 + 0.1 * kept.identical), 0.0, replace(memory, last=kept))
    now = Last(picture, at_ms, digest)
    cells = _cells(np.asarray(difference, np.uint8))
    return _by_movement(memory, before, now, Movement.of(cells, limits), limits)


class Movement(NamedTuple):
    """Cells that changed by more than noise does: ``changed`` by as much as a digit, ``strongly`` by as much
    as a person and more than an encoder pumps; ``noise``: of the median cell, in levels."""

    changed: Flags
    strongly: Flags
    noise: float

    @classmethod
    def of(cls, cells: NDArray[np.float32], limits: Thresholds) -> "Movement":
        noise = float(np.median(cells))
        least = limits.changed_noise * noise
        changed, strongly = (
            np.asarray(cells > max(level, least)) for level in (limits.changed_level, limits.strong_level)
        )
        return cls(changed, strongly, noise)


def _is_identical(before: Last, digest: bytes, difference: Grey, limits: Thresholds) -> bool:
    if any(digest) and digest == before.digest:
        return True
    mean, more = float(difference.mean()), float((difference > limits.same_level).mean())
    return mean < limits.same_mean and more < limits.same_share


def _cells(difference: Grey) -> NDArray[np.float32]:
    size = (CELLS_ACROSS, CELLS_DOWN)
    return np.asarray(cv2.resize(difference.astype(np.float32), size, interpolation=cv2.INTER_AREA))


def _by_movement(memory: Memory, before: Last, now: Last, movement: Movement, limits: Thresholds) -> Frozen:
    clock = _clock_cells(memory, limits)
    still = int((movement.strongly & ~clock).sum()) < limits.moving_cells
    if still and _stands(clock, movement, limits):
        if not memory.doubtful:
            return Frozen(_CLOCK_STANDS, 0.0, replace(memory, last=now))
        memory = replace(memory, cells=np.zeros_like(memory.cells), doubtful=False)
    memory = replace(
        memory, cells=_steadiness(memory.cells, movement.changed), doubtful=_doubtful(memory, clock, movement)
    )
    if movement.noise > limits.live_noise:  # of a live sensor, or another light
        return Frozen(0.0, 0.0, replace(memory, last=now))
    suspected, memory = _by_habit(memory, before, now, limits, quiet=still)
    return Frozen(0.0, suspected, memory)


def _by_habit(
    memory: Memory, before: Last, now: Last, limits: Thresholds, *, quiet: bool
) -> tuple[float, Memory]:
    """The score of a suspicion. Where one grows, this hour is not counted: it would become its habit."""
    if not quiet:
        hours = _counted(memory.hours, now.at_ms, moving=True)
        return 0.0, replace(memory, last=now, hours=hours)
    since = before.quiet_since_ms if before.quiet else now.at_ms
    now = now._replace(quiet=min(_COUNTER, before.quiet + 1), quiet_since_ms=since)
    suspected = _suspicion(memory, now, limits)
    if suspected <= limits.doubt:
        memory = replace(memory, hours=_counted(memory.hours, now.at_ms, moving=False))
    return suspected, replace(memory, last=now)


def _stands(clock: Flags, movement: Movement, limits: Thresholds) -> bool:
    """Neither the digits that are known to run do, nor another of their line: checked at other intervals than
    it was learnt, a clock changes in other digits."""
    if not clock.any() or movement.noise > limits.most_noise:
        return False
    return not bool((movement.changed & clock).any() or movement.strongly[_line(clock)].any())


def _clock_cells(memory: Memory, limits: Thresholds) -> Flags:
    """At the head or the foot of the picture, changed at every check; few, or it is a tree in the wind."""
    steady = memory.cells >= limits.clock_steadiness
    edge = round(CELLS_DOWN * limits.clock_edge)
    steady[edge : CELLS_DOWN - edge] = False
    rows = np.flatnonzero(steady.any(axis=1))
    if rows.size == 0 or rows[-1] - rows[0] > limits.clock_rows or steady.sum() > limits.clock_cells:
        return np.zeros_like(steady)
    return steady


def _doubtful(memory: Memory, clock: Flags, movement: Movement) -> bool:
    """Hours and minutes went on, or it was moved, taken out, written over: whether it runs will show."""
    if not clock.any():
        return False
    if _text_changed(clock, movement.changed, memory.cells):
        return True
    return memory.doubtful and not bool((movement.changed & clock).any())


def _text_changed(clock: Flags, changed: Flags, steadiness: Grey) -> bool:
    """Letters beside the seconds that hardly ever change do so."""
    line = _line(clock)
    others = changed[line] & (steadiness[line] < 32)
    return int(others.sum()) > max(3, others.size // 5)


def _line(clock: Flags) -> tuple[slice, slice]:
    """Rows and columns of the text that the seconds stand in."""
    rows, columns = np.flatnonzero(clock.any(axis=1)), np.flatnonzero(clock.any(axis=0))
    left, right = max(0, int(columns[0]) - _TEXT_REACH), int(columns[-1]) + _TEXT_REACH + 1
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(left, right)


def _steadiness(cells: Grey, changed: Flags) -> Grey:
    """A moving mean of eight checks: 255 needs about eighteen changes in a row, one miss costs an eighth."""
    level = cells.astype(np.int16)
    risen = level + (255 - level + 7) // 8
    return np.asarray(np.where(changed, risen, level - (level + 7) // 8), np.uint8)


def _counted(hours: NDArray[np.float32], at_ms: int, *, moving: bool) -> NDArray[np.float32]:
    """Columns: checks, those that moved, days, the last of them. Old days fade."""
    counted = hours.copy()
    row, today = counted[at_ms % _DAY_MS // _HOUR_MS], at_ms // _DAY_MS % 100_000
    row[:2] *= 1 - 1 / 2000
    row[0] += 1
    row[1] += moving
    if row[3] != today:
        row[2], row[3] = min(row[2] + 1, 1000), today
    return counted


def _suspicion(memory: Memory, now: Last, limits: Thresholds) -> float:
    """How unlikely this quiet is, were the camera live: a minute counts as one draw, since movement comes in
    bursts; 1.0 at one in a million, and never before ``least_quiet_minutes``."""
    checks, moved, days, _ = (float(figure) for figure in memory.hours[now.at_ms % _DAY_MS // _HOUR_MS])
    if days < limits.known_days or checks < limits.known_checks:
        return 0.0
    share = min(0.99, max(0.0, (moved - 2 * math.sqrt(moved + 1)) / (checks + 4)))
    minutes = (now.at_ms - now.quiet_since_ms) / _MINUTE_MS
    unlikely = minutes * -math.log(1 - share) / limits.suspicion
    return min(_MOST, unlikely, minutes / limits.least_quiet_minutes)
