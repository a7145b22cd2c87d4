"""Tiny worlds for Hypothesis: few values, few times, everything close to a limit."""

from typing import NamedTuple

from hypothesis import strategies as st

from tests.alarm_reference.readings import Calibration, Comparison, Reading, Rule

LAST = 240  # times are 0 to LAST
VALUES = [None, *range(2, 9)]
QUALITIES = ["GOOD", "GOOD", "GOOD", "GOOD", "UNCERTAIN", "BAD"]
TIMES = st.integers(0, LAST)
LATER = st.none() | st.integers(1, LAST)
BELOW, ABOVE = ("<", "<="), (">", ">=")


class World(NamedTuple):
    rule: Rule
    readings: list[Reading]
    calibrations: list[Calibration]
    asked_at: int
    watched_from: int | None


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """50 to 200 readings in any order, one rule, and when somebody asks."""
    return World(
        draw(rules()),
        draw(scattered() | walks()),
        draw(st.lists(calibrations(), max_size=3)),
        draw(st.integers(0, LAST + 60)),
        draw(st.none() | TIMES),
    )


def scattered() -> st.SearchStrategy[list[Reading]]:
    """Anything at any time, often much at one. A reading is drawn as one number, which is much quicker."""
    one = st.integers(0, (LAST + 1) * len(VALUES) * len(QUALITIES) - 1).map(_reading)
    return st.lists(one, min_size=50, max_size=200)


def _reading(number: int) -> Reading:
    rest, quality = divmod(number, len(QUALITIES))
    time, value = divmod(rest, len(VALUES))
    return Reading(time, VALUES[value], QUALITIES[quality])


@st.composite
def walks(draw: st.DrawFn) -> list[Reading]:
    """A value that stays or moves by one, read at intervals, told in order or backwards."""
    numbers = draw(st.lists(st.integers(0, 12 * 4 * len(QUALITIES) - 1), min_size=50, max_size=100))
    readings, time, value = [], 0, 5
    for number in numbers:
        rest, quality = divmod(number, len(QUALITIES))
        passed, move = divmod(rest, 4)
        time, value = time + 1 + passed // 2, min(max(value + (-1, 0, 0, 1)[move], 2), 8)
        readings.append(Reading(time, value, QUALITIES[quality]))
    return readings[:: draw(st.sampled_from([1, 1, -1]))]


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    when = draw(st.sampled_from(["bad", "silent"]) | comparisons())
    lasts = draw(st.integers(1 if when == "silent" else 0, 40))
    begins = draw(LATER)
    rule = Rule(
        when,
        lasts,
        hold=draw(st.integers(1, 15)),
        severity="info",
        steps=draw(steps(lasts)),
        begins=begins,
        ends=draw(st.none() | st.integers((begins or 0) + 1, LAST + 20)),
    )
    if when == "silent":
        return rule
    rule = rule._replace(clear_lasts=draw(st.integers(0, 25)), bridge=draw(st.integers(0, 20)))
    return rule if isinstance(when, str) else rule._replace(clear=draw(clears(when)))


def comparisons() -> st.SearchStrategy[Comparison]:
    return st.tuples(st.sampled_from([*BELOW, *ABOVE, "=="]), st.integers(4, 6))


@st.composite
def clears(draw: st.DrawFn, when: Comparison) -> Comparison | None:
    """None, or a comparison that no violating value fulfils."""
    operator, threshold = when
    below = operator in ABOVE or (operator == "==" and draw(st.booleans()))
    far = draw(st.integers(0, 2))
    if below:
        limit = ("<", threshold - far) if operator in (">=", "==") else ("<=", threshold - far)
    else:
        limit = (">", threshold + far) if operator in ("<=", "==") else (">=", threshold + far)
    return draw(st.none() | st.just(limit))


@st.composite
def steps(draw: st.DrawFn, lasts: int) -> tuple[tuple[int, str], ...]:
    delays = sorted(draw(st.lists(st.integers(lasts, lasts + 60), max_size=2)))
    return tuple(zip(delays, ("warning", "critical"), strict=False))


@st.composite
def calibrations(draw: st.DrawFn) -> Calibration:
    begins = draw(st.integers(-10, LAST))
    ends = draw(st.none() | st.integers(begins + 1, LAST + 10))
    return Calibration(draw(st.integers(-2, 2)), begins, ends, draw(st.integers(0, 3)))


class Course(NamedTuple):
    """A world that comes bit by bit: how many readings, how much later that is, and a restart afterwards.

    ``edits``: how many of the calibrations are known each time; ``window``: what the product remembers.
    """

    world: World
    other: Rule
    arrivals: list[tuple[int, int, bool]]
    edits: list[int]
    window: int | None


def courses() -> st.SearchStrategy[Course]:
    counts, passed = st.sampled_from([0, 1, 1, 5, 40]), st.sampled_from([0, 1, 3, 10, 50])
    restarts = st.sampled_from([False, False, False, False, True])
    bits = st.lists(st.tuples(counts, passed, restarts), min_size=20, max_size=40)
    edits = st.lists(st.integers(0, 3), min_size=3, max_size=3).map(sorted)
    return st.builds(Course, worlds(), rules(), bits, edits, st.sampled_from([None, 1, 20, 60]))
