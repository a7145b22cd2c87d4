"""How a camera stood at every moment of a window, of what was told about it: pure.

Of two tellings about one moment the one counts whose state, or reason, began later. What was told last holds
until something else begins, for HOLD_MS at most: then the camera was silent, and nobody knows.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise

from storage.cameras import (
    DOWN,
    HOLD_MS,
    MAINTENANCE,
    SILENT,
    UNKNOWN,
    UP,
    CameraDay,
    CameraDayFilter,
    CameraPeriod,
    KnownCamera,
    ToldPeriod,
    Uptime,
)

_UP = "up"


def periods_of(told: Iterable[ToldPeriod], from_ms: int, to_ms: int, now_ms: int) -> list[CameraPeriod]:
    """The window from ``from_ms`` to ``to_ms``, or now, without a gap; neighbours differ.

    ``told``: of one camera, all from the first state that reaches to HOLD_MS before the window up to what
    begins HOLD_MS after it.
    """
    end_ms = min(to_ms, now_ms)
    if from_ms >= end_ms:
        return []
    rows = _stretches(row for row in told if row.from_ms <= now_ms)
    inside = _within(_held(list(_pieces(rows, now_ms)), now_ms), from_ms, end_ms)
    return list(_joined(_filled(inside, from_ms, end_ms)))


def uptime_of(periods: Sequence[CameraPeriod]) -> Uptime:
    """How the time of ``periods`` divides."""
    return next(uptimes_of([periods]))


def uptimes_of(parts: Iterable[Sequence[CameraPeriod]]) -> Iterator[Uptime]:
    """How each of ``parts``, which follow each other, divides.

    An outage is a camera that was up and then is down, whatever lay between: nobody knew, or maintenance.
    """
    was = ""
    for periods in parts:
        spent = dict.fromkeys((_UP, DOWN, MAINTENANCE, UNKNOWN), 0)
        outages = reconnects = 0
        for period in periods:
            kind = _UP if period.state in UP else period.state
            spent[kind] += period.to_ms - period.from_ms
            if kind in (_UP, DOWN):
                outages += (was, kind) == (_UP, DOWN)
                reconnects += (was, kind) == (DOWN, _UP)
                was = kind
        yield Uptime(spent[_UP], spent[DOWN], spent[MAINTENANCE], spent[UNKNOWN], outages, reconnects)


def days_of(known: KnownCamera, told: Sequence[ToldPeriod], wanted: CameraDayFilter) -> Iterator[CameraDay]:
    """From the day of its first telling to today; ``told``: as ``periods_of`` takes it, by ``from_ms``."""
    begins_ms = wanted.begins_ms
    periods = periods_of(told, begins_ms[0], begins_ms[-1], wanted.now_ms)
    days = zip(pairwise(begins_ms), uptimes_of(cut_at(periods, begins_ms)), strict=True)
    site, place = (told[0].site if told else known.site), 0
    for (begin_ms, end_ms), uptime in days:
        while place < len(told) and told[place].from_ms < end_ms:
            site = told[place].site
            place += 1
        wanted_site = wanted.site in (None, site)
        if wanted_site and known.first_ms < end_ms and begin_ms < wanted.now_ms:
            yield CameraDay(begin_ms, site, known.device, uptime)


def cut_at(periods: Sequence[CameraPeriod], moments: Sequence[int]) -> Iterator[list[CameraPeriod]]:
    """The parts of ``periods`` between one of ``moments`` (in order) and the next."""
    place = 0
    for begin_ms, end_ms in pairwise(moments):
        part: list[CameraPeriod] = []
        while place < len(periods) and periods[place].from_ms < end_ms:
            part += _within(periods[place : place + 1], begin_ms, end_ms)
            if periods[place].to_ms > end_ms:
                break
            place += 1
        yield part


def _within(periods: Iterable[CameraPeriod], from_ms: int, to_ms: int) -> Iterator[CameraPeriod]:
    for period in periods:
        if (begin_ms := max(period.from_ms, from_ms)) < (end_ms := min(period.to_ms, to_ms)):
            yield period._replace(from_ms=begin_ms, to_ms=end_ms)


def _stretches(told: Iterable[ToldPeriod]) -> list[ToldPeriod]:
    """By ``from_ms``, which is where each reason began: the first of a state with it, the others when told.

    Until the next reason of a state was told, the one before holds: the state stood all the time.
    """
    found: list[ToldPeriod] = []
    for _, same in groupby(sorted(told, key=_by_state), lambda row: _by_state(row)[:3]):
        reasons = [*same]
        for place, row in enumerate(reasons):
            begin_ms = row.told_ms if place else row.from_ms
            next_ms = reasons[place + 1].told_ms if place + 1 < len(reasons) else row.to_ms
            found.append(row._replace(from_ms=begin_ms, to_ms=max(row.to_ms, next_ms)))
    return sorted(found, key=lambda row: (row.from_ms, row.to_ms, *_by_state(row)))


def _by_state(row: ToldPeriod) -> tuple[int, str, str, int, int, str]:
    return row.from_ms, row.edge, row.state, row.told_ms, row.to_ms, row.reason


def _pieces(rows: Iterable[ToldPeriod], now_ms: int) -> Iterator[CameraPeriod]:
    """What was told of each moment, by the row that began last; one that was told once has no length."""
    open_rows: list[ToldPeriod] = []
    at_ms = 0
    for row in rows:
        yield from _until(open_rows, at_ms, row.from_ms)
        at_ms = row.from_ms
        open_rows.append(row)
    yield from _until(open_rows, at_ms, now_ms)


def _until(open_rows: list[ToldPeriod], at_ms: int, end_ms: int) -> Iterator[CameraPeriod]:
    """Pieces from ``at_ms`` to ``end_ms``; rows that ended are taken off."""
    while open_rows:
        row = open_rows[-1]
        until_ms = min(row.to_ms, end_ms)
        if until_ms > at_ms or row.from_ms == row.to_ms == at_ms:
            yield CameraPeriod(at_ms, until_ms, row.state, row.reason, row.faults)
            at_ms = until_ms
        if row.to_ms > end_ms:
            return
        open_rows.pop()


def _held(pieces: Sequence[CameraPeriod], now_ms: int) -> Iterator[CameraPeriod]:
    """Each until the next begins, or now, if that is not too long.

    Nothing goes on until a state that says that nobody knew: its edge was started anew, say.
    """
    nexts = [(piece.from_ms, piece.state) for piece in pieces[1:]] + [(now_ms, "")]
    for piece, (next_ms, next_state) in zip(pieces, nexts, strict=False):
        held = next_ms - piece.to_ms <= HOLD_MS and next_state != UNKNOWN
        if (end_ms := next_ms if held else piece.to_ms) > piece.from_ms:
            yield piece._replace(to_ms=end_ms)


def _filled(pieces: Iterable[CameraPeriod], from_ms: int, to_ms: int) -> Iterator[CameraPeriod]:
    """With what nobody told between them."""
    at_ms = from_ms
    for piece in pieces:
        if piece.from_ms > at_ms:
            yield CameraPeriod(at_ms, piece.from_ms, UNKNOWN, SILENT)
        yield piece
        at_ms = piece.to_ms
    if at_ms < to_ms:
        yield CameraPeriod(at_ms, to_ms, UNKNOWN, SILENT)


def _joined(pieces: Iterable[CameraPeriod]) -> Iterator[CameraPeriod]:
    last: CameraPeriod | None = None
    for piece in pieces:
        if last is not None and last[2:] == piece[2:]:
            last = last._replace(to_ms=piece.to_ms)
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last
