"""Who keeps the alarms: readings and devices in, entries of the ledger out. No I/O, no clock.

It joins what the rules say (``Evaluator``) with what became of it (``Book``). Where readings are needed that
are not in memory, ``wanted`` names them, and the series is judged again once ``give`` has brought them. What
was found waits until it is entered, because the ledger may be away.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from hub.alarms.episode_change import Change
from hub.alarms.episodes import Episode
from hub.alarms.evaluator import Arrival, Evaluator
from hub.alarms.incidents.book import Book, Finding, Key
from hub.alarms.incidents.entries import Entry
from hub.alarms.inhibition import Place, Tree
from hub.alarms.inhibition_entries import inhibit
from hub.alarms.probes import is_of
from hub.alarms.readings import Calibration, Reading, Series
from hub.alarms.rules import BEGINNING, INFINITE, InForce, Rule

# What is told of time before this raises no incident any more: the vaccine is long used or thrown away.
REACH_MS = 60 * 24 * 3600 * 1000
GATHER_MS, GATHERED_FINDINGS = 1000, 16


@dataclass(frozen=True, slots=True)
class Unit:
    """A device that rules watch. ``known_from_ms``: since when it is expected to speak, None: not known.

    ``calibrations`` by metric.
    """

    device: str
    site: str
    versions: tuple[InForce, ...]  # of all rules of its profile
    known_from_ms: int | None = None
    place: Place | None = None  # where it hangs; None: nothing explains it, and it explains nothing
    calibrations: Mapping[str, tuple[Calibration, ...]] = field(default_factory=dict)

    def watching(self, metric: str) -> tuple[InForce, ...]:
        """What watches a metric: ``temp.vaccine`` also its single probes, ``temp.vaccine.top``."""
        return tuple(
            replace(version, rule=replace(version.rule, metric=metric))
            for version in self.versions
            if is_of(metric, version.rule.metric)
        )

    def expected(self) -> set[str]:
        """The metrics that must not fall silent."""
        return {version.rule.metric for version in self.versions if version.rule.when == "silent"}


@dataclass(slots=True)
class _Watch:
    """``from_ms``: since when its episodes are known; ``told``: all of them by rule that are in reach."""

    site: str
    from_ms: int
    rules: dict[str, Rule] = field(default_factory=dict)  # by code, also those that are no more
    told: dict[str, list[Episode]] = field(default_factory=dict)


class Keeper:
    """Units are placed first; readings of others are nobody's."""

    def __init__(self, evaluator: Evaluator | None = None) -> None:
        self._evaluator = evaluator or Evaluator()
        self._units: dict[str, Unit] = {}
        self._watches: dict[Series, _Watch] = {}
        self._awaited: set[Series] = set()  # of which no reading has come yet
        self._found: dict[Key, Finding] = {}
        self._found_ms = BEGINNING  # when the first of them was
        self._is_urgent = False  # one of them is not of a series that came late
        self._tree = Tree()
        self._inhibition_due_ms: int | None = BEGINNING  # at first: how do those of before stand now?

    def place(self, unit: Unit, known: Iterable[str] = (), history_from_ms: int | None = None) -> None:
        """Begin to watch a device, or watch it by other rules.

        ``known``: metrics of which there are readings elsewhere; ``history_from_ms``: since when they are
        wanted. What it must say and never said is silent from ``known_from_ms`` on.
        """
        self._units[unit.device] = unit
        if unit.place is not None:
            silences = frozenset(each.rule.code for each in unit.versions if each.rule.when == "silent")
            if self._tree.put(unit.device, replace(unit.place, silences=silences)):
                self._inhibition_due_ms = BEGINNING
        watched = {series.metric for series in self._watches if series.device == unit.device}
        heard = {*known, *watched} - {metric for device, metric in self._awaited if device == unit.device}
        for metric in heard:
            self._watch(unit, Series(unit.device, metric), history_from_ms)
        if unit.known_from_ms is not None:
            silent = {each for each in unit.expected() if not any(is_of(metric, each) for metric in heard)}
            for metric in silent:
                self._awaited.add(Series(unit.device, metric))
                self._watch(unit, Series(unit.device, metric), None)

    def calibrate(self, device: str, calibrations: Mapping[str, tuple[Calibration, ...]]) -> None:
        """Judge a device by these from now on; one that no rule watches needs none."""
        unit = self._units.get(device)
        if unit is not None:
            self.place(replace(unit, calibrations=calibrations))

    def add(self, arrivals: Iterable[Arrival], mark: int = 0) -> None:
        """Readings, in any order; ``mark``: where they were found, as for ``Evaluator.add``."""
        arrivals = tuple(arrivals)
        first = {arrival[0]: arrival[1] for arrival in reversed(arrivals)}
        for (device, metric), time_ms in first.items():
            series, unit = Series(device, metric), self._units.get(device)
            if unit is not None and (series not in self._watches or series in self._awaited):
                self._heard(unit, series, time_ms)
        self._evaluator.add(arrivals, mark)

    @property
    def unjudged_mark(self) -> int | None:
        """Where the first readings were found that wait their turn; None: none do."""
        return self._evaluator.unjudged_mark

    def wanted(self) -> dict[Series, int]:
        """Of which series readings are needed, and since when."""
        return self._evaluator.wanted()

    def give(self, series: Series, readings: Iterable[Reading], *, complete: bool) -> None:
        """All there are since the time that was wanted; ``complete``: there is nothing older."""
        self._evaluator.give(series, readings, complete=complete)

    def judge(self, now_ms: int) -> bool:
        """Whether there is something to enter. Series of which readings are wanted say nothing yet."""
        changes = self._evaluator.assess(now_ms)
        needy = self.wanted()
        for change in changes:
            if change.series not in needy:
                self._find(self._finding(change, now_ms - REACH_MS), now_ms)
                self._is_urgent |= change.series not in self._evaluator.taken_late
        due = (self._entering_due_ms(), self._inhibition_due_ms)
        return any(due_ms is not None and due_ms <= now_ms for due_ms in due)

    def _entering_due_ms(self) -> int | None:
        """What came late is entered together: each time that is a transaction before those of others."""
        if not self._found:
            return None
        is_due = self._is_urgent or len(self._found) >= GATHERED_FINDINGS
        return BEGINNING if is_due else self._found_ms + GATHER_MS

    def enter(self, book: Book, now_ms: int) -> list[Entry]:
        """Enter what was found into ``book``, and what explains what; may be called again, with another
        book, until ``entered``."""
        book.forget(now_ms - REACH_MS)
        made = book.assess(self._found.values(), now_ms)
        inhibited = inhibit(book, self._tree, now_ms)
        self._inhibition_due_ms = inhibited.due_ms
        return [*made, *inhibited.entries]

    def entered(self) -> None:
        """It is in the ledger."""
        self._found.clear()
        self._is_urgent = False

    def due_ms(self) -> int | None:
        """When to judge again though nothing came; None: never."""
        due = (self._evaluator.due_ms(), self._inhibition_due_ms, self._entering_due_ms())
        return min((each for each in due if each is not None), default=None)

    def _heard(self, unit: Unit, series: Series, time_ms: int) -> None:
        """The first reading of a series; it ends the wait for the metric that it belongs to."""
        for each in [each for each in self._awaited if each.device == unit.device]:
            if is_of(series.metric, each.metric):
                self._awaited.discard(each)
                if each != series:
                    self._end(each, time_ms)
        if series not in self._watches:
            self._watch(unit, series, None)

    def _end(self, series: Series, at_ms: int) -> None:
        """Watch it no more; what is open ends here."""
        self._evaluator.forget(series)
        watch = self._watches.pop(series)
        for code, told in watch.told.items():
            ended = [
                each if each.cleared_at_ms is not None else replace(each, cleared_at_ms=at_ms)
                for each in told
                if each.cleared_at_ms is not None or each.start_ms < at_ms
            ]
            self._find(Finding(watch.site, series.device, watch.rules[code], tuple(ended)), at_ms)
            self._is_urgent = True

    def _watch(self, unit: Unit, series: Series, history_from_ms: int | None) -> None:
        versions = unit.watching(series.metric)
        if not versions:
            return
        from_ms = -INFINITE if history_from_ms is None else history_from_ms
        watch = self._watches.setdefault(series, _Watch(unit.site, from_ms))
        watch.site = unit.site
        for version in sorted(versions, key=lambda each: (each.to_ms is None, each.to_ms or 0)):
            watch.rules[version.rule.code] = version.rule
        watched_from_ms = unit.known_from_ms if series.metric in unit.expected() else None
        calibrations = unit.calibrations.get(series.metric, ())
        self._evaluator.watch(series, versions, calibrations, watched_from_ms, history_from_ms)

    def _find(self, finding: Finding, now_ms: int) -> None:
        if not self._found:
            self._found_ms = now_ms
        self._found[finding.key] = finding

    def _finding(self, change: Change, reach_ms: int) -> Finding:
        watch = self._watches[change.series]
        kept = [each for each in watch.told.get(change.rule, ()) if _end_ms(each) <= change.since_ms]
        told = [each for each in (*kept, *change.episodes) if _end_ms(each) > reach_ms]
        watch.told[change.rule] = told
        watch.from_ms = min(watch.from_ms, change.since_ms)
        from_ms = max(watch.from_ms, reach_ms)
        return Finding(watch.site, change.series.device, watch.rules[change.rule], tuple(told), from_ms)


def _end_ms(episode: Episode) -> int:
    return INFINITE if episode.cleared_at_ms is None else episode.cleared_at_ms
