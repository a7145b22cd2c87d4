"""One series that rules watch: its readings in memory, what each rule makes of them, when to look again."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from hub.alarms.episode_change import Change
from hub.alarms.episode_telling import Stretch, next_change_ms, told
from hub.alarms.episodes import Episode
from hub.alarms.quiet_band import LOUD, Quiet, quiet_of
from hub.alarms.readings import Reading, Series
from hub.alarms.rule_limits import Limits
from hub.alarms.rule_line import Curve, Line
from hub.alarms.rules import BEGINNING, INFINITE
from hub.alarms.series_judging import judged, synced_before
from hub.alarms.series_setup import Setup, first_difference
from hub.alarms.timeline import Timeline, code_of

Episodes = tuple[Episode, ...]

MOST_AHEAD = 1000  # readings of the future that are kept; hourly ones of six weeks


class Watched:
    """``need_ms``: what is told from this time on may be wrong until history is given; None: it is right.

    Instants at or before ``base_ms`` are forgotten; the lines remember what they mean.
    """

    __slots__ = (
        "_codes",
        "_dropped_ms",
        "_given",
        "_lines",
        "_told",
        "_told_ms",
        "_tries",
        "_trim_at_ms",
        "_usual",
        "_window_ms",
        "base_ms",
        "curve",
        "due_ms",
        "need_ms",
        "pending",
        "quiet",
        "scheduled_ms",
        "series",
        "setup",
    )  # fmt: skip

    def __init__(self, series: Series, setup: Setup, window_ms: int, need_ms: int | None) -> None:
        self.series = series
        self.setup = setup
        self.need_ms = need_ms
        self.base_ms = BEGINNING if need_ms is None else INFINITE
        self.curve = Curve(Timeline(), setup.offsets)
        self.pending: list[Reading] = []
        self.quiet: Quiet = LOUD
        self.due_ms = self.scheduled_ms = INFINITE
        self._lines = setup.lines(complete=need_ms is None)
        self._given: tuple[tuple[Reading, ...], bool] | None = None
        self._usual = setup.rules.usual
        self._dropped_ms = INFINITE  # of readings from then on some are not in memory
        self._told_ms = INFINITE  # when it was last assessed, with something in memory
        self._told: dict[str, Episodes | None] = {}
        self._codes = setup.rules.codes  # of which rules something may have been told
        self._window_ms = window_ms
        self._trim_at_ms = BEGINNING
        self._tries = 0

    @property
    def wanted_from_ms(self) -> int | None:
        """Since when readings are needed: further back each time they did not suffice."""
        if self.need_ms is None or self._given is not None:
            return None
        return max(BEGINNING, self.need_ms - (self._window_ms << self._tries))

    @property
    def next_due_ms(self) -> int:
        """When something happens without a reading."""
        return min(self.due_ms, self.quiet.silent_at_ms)

    def give(self, readings: Iterable[Reading], *, complete: bool) -> None:
        """Readings since ``wanted_from_ms``; ``complete``: there is nothing older."""
        self._given = tuple(readings), complete

    def take(self, reading: Reading) -> None:
        """A reading that may change something; one that is older than what is in memory needs history."""
        self.pending.append(reading)
        if reading.time_ms <= self.base_ms:
            self.need_ms = _earlier(self.need_ms, reading.time_ms)

    def is_usual_at(self, time_ms: int) -> bool:
        """Whether a usual value that comes late, before the last instant, changes nothing."""
        before_ms = self.quiet.is_usual_around(time_ms)
        return before_ms is not None and not any(line.is_open_behind(before_ms) for line in self._lines)

    def revise(self, setup: Setup) -> None:
        """Watch otherwise: judge anew all that this may change."""
        from_ms = first_difference(self.setup, setup)
        self.setup = setup
        self._codes |= setup.rules.codes
        if from_ms is None:
            return
        self.need_ms = _earlier(self.need_ms, from_ms)
        if (
            self.base_ms < INFINITE
            and self._given is None
            and (self.base_ms == BEGINNING or self.base_ms < self.need_ms)
        ):
            self._given = (), self.base_ms == BEGINNING

    def assess(self, now_ms: int) -> list[Change]:
        """Take in what has come; what is told otherwise at ``now_ms`` than before."""
        if self._given is not None:
            self._rebuild(*self._given, now_ms)
        if self.base_ms < INFINITE:
            self._told_ms = now_ms
        if self._dropped_ms <= now_ms:
            self.need_ms, self._dropped_ms = _earlier(self.need_ms, self._dropped_ms), INFINITE
        changed_to_ms = self._take_pending(now_ms)
        found = self._stretches()
        episodes = self._episodes(found, now_ms)
        changes = [
            Change(self.series, code, self.base_ms, told)
            for code, told in episodes.items()
            if self._told.get(code, ()) != told
        ]
        self._told = {code: told for code, told in episodes.items() if told}
        if self._trim(now_ms):
            found = self._stretches()
            self._told = {code: told for code, told in self._episodes(found, now_ms).items() if told}
        self._rest(found, now_ms, changed_to_ms)
        return changes

    def _take_pending(self, now_ms: int) -> int:
        """Put what is due into the timeline and its lines; the last instant that changed."""
        due = [reading for reading in self.pending if self.base_ms < reading.time_ms <= now_ms]
        if not due:
            return BEGINNING
        self.pending = [reading for reading in self.pending if not self.base_ms < reading.time_ms <= now_ms]
        times, put = self.curve.timeline.times, self.curve.timeline.put
        count, end_ms = len(times), times[-1] if times else BEGINNING
        changed = [reading.time_ms for reading in due if put(reading.time_ms, code_of(reading))]
        if not changed:
            return BEGINNING
        first_ms, last_ms = min(changed), max(changed)
        for line in self._lines:
            if first_ms > line.limits.settled_ms:
                continue
            if first_ms > end_ms:
                line.append(self.curve, count)
            else:
                line.update(self.curve, first_ms, last_ms)
        return last_ms

    def _stretches(self) -> list[tuple[Limits, tuple[Stretch, ...]]]:
        found = []
        for line in self._lines:
            stretches = line.stretches(self.curve)
            if stretches:
                found.append((line.limits, stretches))
        return found

    def _episodes(self, found: list[tuple[Limits, tuple[Stretch, ...]]], now_ms: int) -> dict[str, Episodes]:
        """By rule; those that were told before and are no more have an entry too."""
        episodes: dict[str, Episodes] = dict.fromkeys(self._told, ())
        for limits, stretches in found:
            code = limits.version.rule.code
            more = told(stretches, limits.version, self.series, now_ms)
            episodes[code] = (*episodes.get(code, ()), *(each for each in more if self._is_told(each)))
        return episodes

    def _is_told(self, episode: Episode) -> bool:
        return episode.cleared_at_ms is None or episode.cleared_at_ms > self.base_ms

    def _rest(self, found: list[tuple[Limits, tuple[Stretch, ...]]], now_ms: int, changed_to_ms: int) -> None:
        """Find out what is quiet now, and when to look again otherwise."""
        self.quiet = quiet_of(self.curve, self._lines, self._usual, now_ms, self.quiet, changed_to_ms)
        if not self.quiet.is_loud:
            self.quiet.until_ms = min(self.quiet.until_ms, self._trim_at_ms)
        self._drop(now_ms)
        due = [self._dropped_ms, *(reading.time_ms for reading in self.pending if reading.time_ms > now_ms)]
        for limits, stretches in found:
            # The silence that may follow the last instant moves with it: ``silent_at_ms`` of the quiet.
            moves = limits.is_silent and self.quiet.silent_at_ms < INFINITE
            if not moves or len(stretches) > 1:
                due.append(next_change_ms(stretches[:-1] if moves else stretches, limits.version, now_ms))
        self.due_ms = min(due)

    def _drop(self, now_ms: int) -> None:
        """Of a clock far ahead keep the next readings only; others are asked for when their time comes."""
        if len(self.pending) <= MOST_AHEAD:
            return
        ahead = sorted(reading.time_ms for reading in self.pending if reading.time_ms > now_ms)
        if len(ahead) > MOST_AHEAD:
            self._dropped_ms = min(self._dropped_ms, ahead[MOST_AHEAD])
            self.pending = [each for each in self.pending if each.time_ms < self._dropped_ms]

    def _trim(self, now_ms: int) -> bool:
        """Now and then forget what is older than the window."""
        times = self.curve.timeline.times
        if not times or times[-1] < self._trim_at_ms:
            return False
        self._trim_at_ms = times[-1] + self._window_ms // 4 + 1
        at = bisect_left(times, min(now_ms, times[-1]) - self._window_ms)
        return self._forget_before(at, times[at - 1]) if at else False

    def _forget_before(self, at: int, base_ms: int) -> bool:
        if at:
            for line in self._lines:
                line.forget_before(self.curve, at)
            self.curve.timeline.forget_before(at)
        self.base_ms = base_ms
        return True

    def _rebuild(self, given: Iterable[Reading], complete: bool, now_ms: int) -> None:
        """Judge everything anew, with what was given; if that is too little, ask for more."""
        assert self.need_ms is not None, "history is given to who needs it"
        self._given = None
        known = (*given, *self.curve.timeline.readings(), *self.pending)
        curve, lines = judged(known, self.setup, now_ms, complete=complete)
        # What happened since the last assessment, and what readings say that came since, is told anew too.
        unsaid_ms = [reading.time_ms for reading in self.pending if reading.time_ms <= now_ms]
        synced_ms = (
            BEGINNING if complete else synced_before(lines, min(self.need_ms, self._told_ms, *unsaid_ms))
        )
        if synced_ms is None:
            self._tries += 1
            return
        self.pending = [reading for reading in known if reading.time_ms > now_ms]
        self._adopt(curve, lines, synced_ms)

    def _adopt(self, curve: Curve, lines: list[Line], synced_ms: int) -> None:
        """From now on this is what is known; everything will be told again."""
        self.curve, self._lines, self._usual = curve, lines, self.setup.rules.usual
        self.need_ms, self._tries = None, 0
        self.base_ms = BEGINNING
        if synced_ms > BEGINNING:
            self._forget_before(bisect_right(curve.timeline.times, synced_ms), synced_ms)
        if curve.timeline.times:  # what is late seldom comes alone: keep it for a while
            self._trim_at_ms = curve.timeline.times[-1] + self._window_ms // 4 + 1
        self._told, self._codes = dict.fromkeys(self._codes), self.setup.rules.codes


def _earlier(one: int | None, other: int) -> int:
    return other if one is None else min(one, other)
