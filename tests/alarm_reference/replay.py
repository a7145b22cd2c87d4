"""Feed arrivals to the product's evaluator as they come, and keep what it tells; its memory is ours."""

from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Sequence

from hub.alarms.episode_change import Change
from hub.alarms.episodes import Episode as Told
from hub.alarms.evaluator import Evaluator
from hub.alarms.readings import Reading as Read
from hub.alarms.readings import Series
from tests.alarm_reference import engine
from tests.alarm_reference.readings import Calibration
from tests.alarm_reference.reference import Episode
from tests.alarm_reference.years import Arrival, Judged

DEVICE = "fridge-1"


class Replay:
    """One device. ``window_ms``: how much the evaluator remembers by itself; None: as much as it likes."""

    def __init__(
        self, judged: Sequence[Judged], watched_from: int | None, window_ms: int | None = None
    ) -> None:
        self.judged = judged
        self.watched_from = watched_from
        self.told: dict[tuple[str, str], list[Told]] = defaultdict(list)
        self.asked_back = 0
        self.evaluator: Evaluator
        self._window_ms = window_ms
        self._stored: dict[str, list[Read]] = defaultdict(list)
        self._calibrations: dict[str, list[Calibration]] = {metric: [] for metric in _metrics(judged)}
        self.restart(None)

    def restart(self, history_from: int | None) -> None:
        """Begin with an empty memory; what is told must be right from then on, None: nothing is stored."""
        self.evaluator = Evaluator() if self._window_ms is None else Evaluator(self._window_ms)
        for metric in self._calibrations:
            self._watch(metric, history_from)

    def judge_by(self, judged: Sequence[Judged]) -> None:
        """Watch by these rules of the same metrics from now on, if they are others than before."""
        if self.judged != judged:
            self.judged = judged
            for metric in self._calibrations:
                self._watch(metric, None)

    def calibrate(self, metric: str, calibrations: Sequence[Calibration]) -> None:
        """Watch by these calibrations from now on, if they are others than before."""
        if self._calibrations[metric] != list(calibrations):
            self._calibrations[metric] = list(calibrations)
            self._watch(metric, None)

    def _watch(self, metric: str, history_from: int | None) -> None:
        self.evaluator.watch(
            Series(DEVICE, metric),
            [engine.in_force(one) for one in self.judged if one.metric == metric],
            engine.calibrations(self._calibrations[metric]),
            self.watched_from,
            history_from,
        )

    def add(self, arrivals: Iterable[Arrival]) -> None:
        """Take them in, in this order."""
        for one in arrivals:
            [read] = engine.readings([one.reading])
            insort(self._stored[one.metric], read, key=lambda stored: stored.time_ms)
            key = Series(DEVICE, one.metric)
            self.evaluator.add([(key, one.time, one.value, one.quality)])  # type: ignore[list-item]

    def assess(self, now: int) -> list[Change]:
        """Until it wants nothing more; what changed."""
        changes = self._take(now)
        while wanted := self.evaluator.wanted():
            self.asked_back += len(wanted)
            for series, since in wanted.items():
                stored = self._stored[series.metric]
                since_then = [one for one in stored if one.time_ms >= since]
                self.evaluator.give(series, since_then, complete=len(since_then) == len(stored))
            changes += self._take(now)
        return changes

    def episodes(self, judged: Judged) -> list[Episode]:
        """What is told of one version of a rule, by the start."""
        told = [one for one in self.told[judged.metric, judged.code] if one.version == judged.version]
        return sorted((engine.told(one) for one in told), key=lambda one: one.start)

    def _take(self, now: int) -> list[Change]:
        changes = self.evaluator.assess(now)
        for change in changes:
            key = change.series.metric, change.rule
            settled = [
                one
                for one in self.told[key]
                if one.cleared_at_ms is not None and one.cleared_at_ms <= change.since_ms
            ]
            self.told[key] = settled + list(change.episodes)
        return changes


def _metrics(judged: Sequence[Judged]) -> list[str]:
    return sorted({one.metric for one in judged})
