"""Rules, readings and calibrations of small numbers, so that limits, holds and delays meet exactly."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from hub.alarms.readings import Calibration, Reading
from hub.alarms.rules import SEVERITIES, Clear, Condition, InForce, Rule, Step, When

METRIC = "temp.vaccine"
LONGEST_MS = 60

times = st.integers(0, LONGEST_MS)
times_to_come = st.integers(0, 2 * LONGEST_MS)
spans = st.integers(0, 12)
values = st.integers(-3, 3)
readings: SearchStrategy[Reading] = st.builds(
    Reading,
    times,
    st.one_of(values, values, values, st.none()),
    st.sampled_from(["GOOD", "GOOD", "GOOD", "UNCERTAIN", "BAD"]),
)
calibrations: SearchStrategy[Calibration] = st.builds(
    lambda offset, from_ms, length, issued: Calibration(
        offset, from_ms, None if length is None else from_ms + length, issued
    ),
    st.integers(-2, 2),
    times_to_come,
    st.none() | st.integers(1, 30),
    st.integers(0, 3),
)
conditions = st.builds(Condition, st.sampled_from([">", ">=", "<", "<=", "=="]), values)


@st.composite
def rules(draw: st.DrawFn, code: str = "RULE") -> Rule:
    """A rule of any kind."""
    others: SearchStrategy[When] = st.sampled_from(["bad", "silent"])
    when: When = draw(st.one_of(conditions, conditions, conditions, others))
    for_ms = draw(st.integers(1, 12) if when == "silent" else spans)
    clear, bridge_ms = Clear(), 0
    if when != "silent":
        bridge_ms = draw(st.sampled_from([0, 0, 1, 3, 8]))
        clear = Clear(_clear(draw, when) if isinstance(when, Condition) else None, draw(spans))
    delays = sorted(draw(st.lists(st.integers(0, 15), max_size=2)))
    steps = tuple(Step(for_ms + delay, SEVERITIES[1 + at]) for at, delay in enumerate(delays))
    hold_ms = draw(st.integers(1, 12))
    version = draw(st.sampled_from(["small@1", "small@2"]))
    return Rule(code, METRIC, when, for_ms, "info", hold_ms, version, clear, steps, bridge_ms)


def _clear(draw: st.DrawFn, when: Condition) -> Condition | None:
    clear = draw(st.none() | conditions)
    if clear is None:
        return None
    (low, high), (lowest, highest) = when.span(), clear.span()
    return None if max(low, lowest) <= min(high, highest) else clear


@st.composite
def versions(draw: st.DrawFn, code: str = "RULE") -> InForce:
    """A rule, mostly in force for good."""
    begin = draw(st.one_of(st.none(), st.none(), times_to_come))
    length = draw(st.one_of(st.none(), st.none(), st.integers(1, 40)))
    return InForce(draw(rules(code)), begin, None if length is None else (begin or 0) + length)
