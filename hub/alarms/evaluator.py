"""All series that rules watch: readings in, in any order; what changed out; and when to look again.

``assess`` says at any time what ``definition.episodes_of`` says of all readings that were added, as long
as whoever asks answers ``wanted``: only a window of readings is kept in memory. With patience, readings of
longer than ``late_ms`` ago are judged that much later, a few series at each assessment.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from heapq import heappop, heappush

from hub.alarms.calibration_offsets import Offsets
from hub.alarms.episode_change import Change
from hub.alarms.late_series import LATE_MS, MOST_READINGS, LateSeries
from hub.alarms.readings import Calibration, Reading, Series, thousandths
from hub.alarms.rules import BEGINNING, INFINITE, InForce
from hub.alarms.series_setup import Ruleset, Setup
from hub.alarms.watched_series import Watched
from hub.payloads import Quality

# Spools that were cut off for a week-end come back within it; older readings are asked for again.
WINDOW_MS = 48 * 3600 * 1000
MOST_RULESETS = 256

Arrival = tuple[tuple[str, str], int, float | None, Quality]  # device and metric, Unix ms, value, quality


class Evaluator:
    """Times are Unix ms. It has no clock: ``assess`` brings the time, which never goes back."""

    def __init__(self, window_ms: int = WINDOW_MS, patience_ms: int = 0, late_ms: int = LATE_MS) -> None:
        self.taken_late: frozenset[tuple[str, str]] = frozenset()  # by the last assessment, in their turn
        self._late = LateSeries(patience_ms)
        self._late_ms = late_ms if patience_ms else INFINITE
        self._window_ms = max(1, window_ms)
        self._now_ms = BEGINNING
        self._watched: dict[tuple[str, str], Watched] = {}
        self._stirred: dict[tuple[str, str], Watched] = {}
        self._needy: dict[tuple[str, str], Watched] = {}
        self._due: list[tuple[int, tuple[str, str]]] = []
        # What series have in common is kept once: profiles are few, calibrations mostly none.
        self._rules = lru_cache(MOST_RULESETS)(Ruleset)
        self._offsets = lru_cache(MOST_RULESETS)(Offsets)

    def watch(
        self,
        series: Series,
        versions: Sequence[InForce],
        calibrations: Sequence[Calibration] = (),
        watched_from_ms: int | None = None,
        history_from_ms: int | None = None,
    ) -> None:
        """Begin to watch, or watch by other rules or calibrations.

        ``history_from_ms``, only at the beginning: there are older readings elsewhere, which will be
        ``wanted``, and from then on, a time not after the first assessment, what is told must be right.
        """
        setup = Setup(self._rules(tuple(versions)), self._offsets(tuple(calibrations)), watched_from_ms)
        watched = self._watched.get(series)
        if watched is None:
            watched = Watched(series, setup, self._window_ms, history_from_ms)
            self._watched[series] = watched
        else:
            watched.revise(setup)
        self._stirred[series] = watched

    def forget(self, series: Series) -> None:
        """Watch it no more."""
        for found in (self._watched, self._stirred, self._needy):
            found.pop(series, None)
        self._late.drop(series)

    def add(self, arrivals: Iterable[Arrival], mark: int = 0) -> None:
        """Take readings in; those of series that nobody watches are left out.

        ``mark``: where they were found, never less than before; ``unjudged_mark`` gives it back.
        """
        watched_of = self._watched.get
        late_before_ms = self._now_ms - self._late_ms
        for key, time_ms, measured, quality in arrivals:
            watched = watched_of(key)
            if watched is None:
                continue
            if measured is not None and quality != "BAD":
                scaled = measured * 1000
                quiet = watched.quiet
                if quiet.low <= scaled <= quiet.high:
                    code = round(scaled) << 1 if quality == "GOOD" else round(scaled) << 1 | 1
                    if quiet.last_ms < time_ms:
                        if time_ms - quiet.last_ms <= quiet.silence_ms and time_ms < quiet.until_ms:
                            quiet.append_time(time_ms)
                            quiet.append_code(code)
                            quiet.last_ms = time_ms
                            continue
                    elif time_ms > quiet.from_ms or watched.is_usual_at(time_ms):
                        quiet.timeline.put(time_ms, code)
                        continue
            watched.take(Reading(time_ms, thousandths(measured), quality))
            if key not in self._stirred and (time_ms < late_before_ms or key in self._late):
                self._late.put(key, self._now_ms, mark)
                if time_ms >= late_before_ms or len(watched.pending) >= MOST_READINGS:
                    self._late.hurry(key)
            else:
                self._stirred[key] = watched

    @property
    def unjudged_mark(self) -> int | None:
        """Where the first readings were found that wait their turn; None: none do."""
        return self._late.first_mark

    def wanted(self) -> dict[Series, int]:
        """Of which series readings are needed, and since when, before what is told of them is right again."""
        wanted = ((watched.series, watched.wanted_from_ms) for watched in self._needy.values())
        return {series: from_ms for series, from_ms in wanted if from_ms is not None}

    def give(self, series: Series, readings: Iterable[Reading], *, complete: bool) -> None:
        """All readings of a series since the time that was wanted; ``complete``: there is nothing older.

        The next assessment uses them. Where they do not tell enough (an episode that was open then goes
        on from before), more is wanted.
        """
        watched = self._needy.get(series)
        if watched is not None:
            watched.give(readings, complete=complete)
            self._stirred[series] = watched

    def due_ms(self) -> int | None:
        """When to ``assess`` again if nothing more is added, at the latest; None: never."""
        if self._stirred:
            return self._now_ms
        late_ms = self._late.due_ms(self._now_ms)
        while self._due:
            due_ms, key = self._due[0]
            watched = self._watched.get(key)
            if watched is not None and watched.scheduled_ms == due_ms:
                return min(due_ms, late_ms)
            heappop(self._due)
        return None if late_ms == INFINITE else late_ms

    def assess(self, now_ms: int) -> list[Change]:
        """What is told otherwise at ``now_ms`` than at the assessment before; by series."""
        self._now_ms = now_ms = max(now_ms, self._now_ms)
        self._stir_due()
        self.taken_late = frozenset(key for key in self._late.take(now_ms) if key not in self._stirred)
        for key in self.taken_late:
            self._stirred[key] = self._watched[key]
        stirred, self._stirred = self._stirred, {}
        changes: list[Change] = []
        for key in sorted(stirred):
            watched = stirred[key]
            self._late.drop(key)
            changes += watched.assess(now_ms)
            self._schedule(key, watched)
            if watched.wanted_from_ms is None:
                self._needy.pop(key, None)
            else:
                self._needy[key] = watched
        return changes

    def _stir_due(self) -> None:
        while self._due and self._due[0][0] <= self._now_ms:
            due_ms, key = heappop(self._due)
            watched = self._watched.get(key)
            if watched is not None and watched.scheduled_ms == due_ms:
                watched.scheduled_ms = INFINITE
                if watched.next_due_ms <= self._now_ms:
                    self._stirred[key] = watched
                else:  # readings have come since, as they do
                    self._schedule(key, watched)

    def _schedule(self, key: tuple[str, str], watched: Watched) -> None:
        """One entry of the heap counts for a series, ``scheduled_ms``: never later than what is due."""
        due_ms = watched.next_due_ms
        if due_ms < watched.scheduled_ms:
            watched.scheduled_ms = due_ms
            heappush(self._due, (due_ms, key))
