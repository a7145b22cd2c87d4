"""The evaluator says at any time, after any order of arrivals, what the definition says of all readings."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from hypothesis import given, note, settings
from hypothesis import strategies as st

from hub.alarms.episode_definition import episodes_of
from hub.alarms.episodes import Episode
from hub.alarms.evaluator import Evaluator
from hub.alarms.readings import Calibration, Reading, Series
from hub.alarms.rules import InForce
from tests.alarms import small

SERIES = Series("fridge-01", small.METRIC)
LATE_MS = 10


@dataclass
class Hub:
    """An evaluator with what stands around it: a store, and a ledger of episodes."""

    window_ms: int
    versions: list[InForce]
    calibrations: list[Calibration] = field(default_factory=list)
    watched_from_ms: int | None = None
    stored: list[Reading] = field(default_factory=list)
    ledger: dict[str, list[Episode]] = field(default_factory=dict)
    history_from_ms: int | None = None
    now_ms: int = -1
    patience_ms: int = 0
    evaluator: Evaluator = field(init=False)

    def __post_init__(self) -> None:
        self.evaluator = Evaluator(self.window_ms, self.patience_ms, LATE_MS)

    def watch(self) -> None:
        self.evaluator.watch(
            SERIES, self.versions, self.calibrations, self.watched_from_ms, self.history_from_ms
        )

    def restart(self) -> None:
        """Begin with an empty memory, and the ledger as it is when everything has been told."""
        self.settle()
        self.evaluator = Evaluator(self.window_ms, self.patience_ms, LATE_MS)
        self.evaluator.watch(SERIES, self.versions, self.calibrations, self.watched_from_ms, self.now_ms)

    def add(self, readings: Iterable[Reading]) -> None:
        for reading in readings:
            self.stored.append(reading)
            value = None if reading.value is None else reading.value / 1000
            self.evaluator.add([(SERIES, reading.time_ms, value, reading.quality)])

    def settle(self) -> None:
        """Assess until nothing waits any more."""
        self.assess(max(0, self.now_ms))
        while self.evaluator.unjudged_mark is not None:
            due_ms = self.evaluator.due_ms()
            assert due_ms is not None
            self.assess(max(due_ms, self.now_ms))

    def assess(self, now_ms: int) -> None:
        self.now_ms = now_ms
        self._note()
        for _ in range(30):
            wanted = self.evaluator.wanted()
            if not wanted:
                return
            since = wanted[SERIES]
            older = [reading for reading in self.stored if reading.time_ms < since]
            history = [reading for reading in self.stored if reading.time_ms >= since]
            self.evaluator.give(SERIES, history, complete=not older)
            self._note()
        raise AssertionError("no history suffices")

    def _note(self) -> None:
        for change in self.evaluator.assess(self.now_ms):
            told = self.ledger.get(change.rule, [])
            settled = [each for each in told if (each.cleared_at_ms or 1000) <= change.since_ms]
            self.ledger[change.rule] = [*settled, *change.episodes]

    def told(self) -> list[Episode]:
        return self._comparable(each for episodes in self.ledger.values() for each in episodes)

    def defined(self, now_ms: int) -> list[Episode]:
        return self._comparable(
            episode
            for version in self.versions
            for episode in episodes_of(
                version, SERIES.device, self.stored, self.calibrations, now_ms, self.watched_from_ms
            )
        )

    def _comparable(self, episodes: Iterable[Episode]) -> list[Episode]:
        """What was over before the hub began is not its business."""
        begin = -1 if self.history_from_ms is None else self.history_from_ms
        return sorted((each for each in episodes if (each.cleared_at_ms or 1000) > begin), key=repr)

    def agrees(self) -> None:
        assert self.told() == self.defined(self.now_ms), repr(self)
        due_ms = self.evaluator.due_ms()
        end_ms = self.now_ms + 100 if due_ms is None else due_ms
        for later in {self.now_ms + 1, (self.now_ms + end_ms) // 2, end_ms - 1}:
            if self.now_ms < later < end_ms:
                assert self.told() == self.defined(later), f"nothing due before {end_ms}: {self!r}"


codes = st.lists(st.sampled_from(["ONE", "TWO"]), max_size=3)
setups = codes.flatmap(lambda names: st.tuples(*(small.versions(name) for name in names))).map(list)
batches = st.lists(small.readings, max_size=8)
acts = st.lists(
    st.one_of(
        st.tuples(st.just("add"), batches),
        st.tuples(st.just("add"), batches),
        st.tuples(st.just("assess"), st.integers(0, 12)),
        st.tuples(st.just("assess"), st.integers(0, 12)),
        st.tuples(st.just("calibrate"), small.calibrations),
        st.tuples(st.just("versions"), setups),
        st.tuples(st.just("restart"), st.just(None)),
    ),
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(
    versions=setups,
    watched_from_ms=st.none() | small.times,
    window_ms=st.integers(1, 80) | st.just(1000),
    before=batches,
    history_from_ms=st.none() | small.times,
    acts=acts,
)
def test_any_order_of_arrivals_and_assessments(
    versions: list[InForce],
    watched_from_ms: int | None,
    window_ms: int,
    before: list[Reading],
    history_from_ms: int | None,
    acts: list[tuple[str, object]],
) -> None:
    hub = Hub(window_ms, versions, watched_from_ms=watched_from_ms)
    if history_from_ms is not None:
        hub.history_from_ms, hub.now_ms, hub.stored = history_from_ms, history_from_ms, before
    hub.watch()
    note(repr(acts))
    for act, what in acts:
        match act, what:
            case "add", list(readings):
                hub.add(readings)
            case "assess", int(step):
                hub.assess(max(0, hub.now_ms + step))
                hub.agrees()
            case "calibrate", Calibration() as calibration:
                hub.calibrations.append(calibration)
                hub.watch()
            case "versions", list(changed):
                hub.versions = changed
                hub.watch()
            case "restart", None:
                hub.restart()
    hub.assess(hub.now_ms + 1)
    hub.agrees()


@settings(max_examples=100, deadline=None)
@given(
    versions=setups,
    watched_from_ms=st.none() | small.times,
    window_ms=st.integers(1, 80) | st.just(1000),
    patience_ms=st.integers(1, 40),
    acts=acts,
)
def test_with_patience_all_is_told_in_the_end(
    versions: list[InForce],
    watched_from_ms: int | None,
    window_ms: int,
    patience_ms: int,
    acts: list[tuple[str, object]],
) -> None:
    hub = Hub(window_ms, versions, watched_from_ms=watched_from_ms, patience_ms=patience_ms)
    hub.watch()
    note(repr(acts))
    for act, what in acts:
        match act, what:
            case "add", list(readings):
                hub.add(readings)
            case "assess", int(step):
                hub.assess(max(0, hub.now_ms + step))
            case "calibrate", Calibration() as calibration:
                hub.calibrations.append(calibration)
                hub.watch()
            case "versions", list(changed):
                hub.versions = changed
                hub.watch()
            case _:
                hub.restart()
    hub.settle()
    hub.agrees()
