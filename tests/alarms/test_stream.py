"""A sensor's stream as it comes: mostly usual values in order, some late, some wrong, asked now and then.

Long enough that readings are forgotten, quiet begins and ends, and history is asked for.
"""

from typing import NamedTuple

from hypothesis import given, note, settings
from hypothesis import strategies as st

from hub.alarms.readings import Calibration, Reading
from hub.alarms.rules import Clear, Condition, InForce, Rule, Step
from hub.payloads import Quality
from tests.alarms.small import METRIC
from tests.alarms.test_evaluator import Hub


def rule(code: str, when: object, for_ms: int, **settings: object) -> Rule:
    return Rule(code, METRIC, when, for_ms, "warning", 6, "stream@1", **settings)  # type: ignore[arg-type]


RULES = [
    rule("HEAT", Condition(">", 2), 7, clear=Clear(Condition("<=", 1), 3), steps=(Step(12, "critical"),)),
    rule("HEAT_EARLY", Condition(">", 2), 2),
    rule("LOW", Condition("<=", -2), 4, clear=Clear(None, 2), bridge_ms=3),
    rule("PROBE", "bad", 3),
    rule("ZERO", Condition("==", 0), 5),
    rule("NODATA", "silent", 8, steps=(Step(15, "critical"),)),
]


class Sent(NamedTuple):
    reading: Reading
    delay_ms: int


paces = st.sampled_from([1, 2, 2, 2, 2, 3, 5, 9, 20])
values = st.sampled_from([1, 1, 1, 2, 0, 3, 4, -2, -3, None])
qualities: st.SearchStrategy[Quality] = st.sampled_from(["GOOD"] * 8 + ["UNCERTAIN", "BAD"])
delays = st.sampled_from([0] * 7 + [-2, 3, 8, 30])


@st.composite
def streams(draw: st.DrawFn) -> list[Sent]:
    """Up to 57 readings that stay as they are for a while; a negative delay: the clock is ahead."""
    now = 0
    sent: list[Sent] = []
    while len(sent) < 50:
        value, quality = draw(values), draw(qualities)
        for _ in range(draw(st.integers(1, 8))):
            now += draw(paces)
            sent.append(Sent(Reading(now, value, quality), draw(delays)))
        if draw(st.integers(0, 9)) == 0:
            break
    return sorted(sent, key=lambda each: each.reading.time_ms + each.delay_ms)


@settings(max_examples=50, deadline=None)
@given(
    stream=streams(),
    window_ms=st.integers(4, 60) | st.just(1000),
    asked_every=st.integers(1, 6),
    versions=st.lists(st.sampled_from(RULES), min_size=1, unique_by=lambda each: each.code),
    ends=st.dictionaries(st.sampled_from([rule.code for rule in RULES]), st.integers(10, 80), max_size=2),
    offset=st.none() | st.tuples(st.integers(-1, 1), st.integers(0, 60)),
)
def test_a_stream_with_late_readings(
    stream: list[Sent],
    window_ms: int,
    asked_every: int,
    versions: list[Rule],
    ends: dict[str, int],
    offset: tuple[int, int] | None,
) -> None:
    note(repr(stream))
    hub = Hub(window_ms, [InForce(rule, None, ends.get(rule.code)) for rule in versions])
    hub.watched_from_ms = 0
    if offset:
        hub.calibrations = [Calibration(offset[0], offset[1], offset[1] + 25, 0)]
    hub.watch()
    for number, (reading, delay_ms) in enumerate(stream):
        hub.add([reading])
        if number % asked_every == 0:
            hub.assess(max(hub.now_ms, reading.time_ms + delay_ms))
            hub.agrees()
    hub.assess(hub.now_ms + 40)
    hub.agrees()
