"""Days of cameras with outages at random, against a reference that looks at every second by itself."""

from collections import deque
from collections.abc import Sequence
from random import Random

import pytest

from tests.cameras.health.happenings import AWAY, SECOND, T0, Happening, Story, came, went

DAY_S = 86_400
Outage = tuple[int, int]  # seconds: from, to


def outages(random: Random, calm: float) -> list[Outage]:
    """``calm``: seconds between two, in the mean."""
    found: list[Outage] = []
    at_s = 0
    while True:
        begin_s = at_s + 1 + int(random.expovariate(1 / calm))
        at_s = begin_s + random.choice([1, 5, 29, 31, 60, 299, 301, 900, 7200])
        if at_s >= DAY_S:
            return found
        found.append((begin_s, at_s))


def happened(random: Random, away: Sequence[Outage]) -> list[Happening]:
    """As sessions tell it: it is lost, retries fail with this and that, it is there again."""
    made = [came(T0)]
    for begin_s, end_s in away:
        made.append(went(T0 + begin_s * SECOND, random.choice(AWAY[:-1])))
        retries = sorted(random.sample(range(begin_s + 1, end_s), min(4, end_s - begin_s - 1)))
        made += [went(T0 + each * SECOND, random.choice(AWAY)) for each in retries]
        made.append(Happening(T0 + end_s * SECOND, "reached", ("first_keyframe",)))
    return made


def reference(away: Sequence[Outage]) -> tuple[list[Outage], list[Outage]]:
    """When it is told away, and when it flaps: seconds, looked at one by one."""
    offline: list[Outage] = []
    flapping: list[Outage] = []
    returns: deque[int] = deque()
    waiting = deque(away)
    flaps = is_offline = False
    for second in range(DAY_S + 1):
        if waiting and waiting[0][1] == second:
            waiting.popleft()
            returns.append(second)
        while returns and returns[0] <= second - 3600:
            returns.popleft()
        was = flaps
        flaps = len(returns) > (5 if flaps else 10)
        since_s = waiting[0][0] if waiting and waiting[0][0] <= second else None
        had = is_offline
        wait_s = 300 if flaps else 30
        is_offline = since_s is not None and (is_offline or second - since_s >= wait_s)
        _step(offline, had, is_offline, second)
        _step(flapping, was, flaps, second)
    return offline, flapping


def _step(found: list[Outage], before: bool, now: bool, second: int) -> None:
    if now and not before:
        found.append((second, DAY_S + 1))
    elif before and not now:
        found[-1] = found[-1][0], second


def spans(marks: Sequence[tuple[int, bool]]) -> list[Outage]:
    found: list[Outage] = []
    for second, begins in marks:
        if begins:
            found.append((second, DAY_S + 1))
        else:
            found[-1] = found[-1][0], second
    return found


@pytest.mark.parametrize("seed", range(12))
def test_every_outage_is_told_and_nothing_else(seed: int) -> None:
    """Recall 1.0, none false, each to the second: lost now and then, or flapping."""
    random = Random(seed)
    away = outages(random, random.choice([60, 240, 900, 3600, 14_400]))
    story = Story()
    for each in happened(random, away):
        story.of(each)
        story.until(each.at_ms + random.randrange(0, 900))
    story.until(T0 + DAY_S * SECOND)
    told = [(second, state == "OFFLINE") for second, state, _ in story.told()]
    changed = [mark for before, mark in zip([(0, False), *told], told, strict=False) if mark[1] != before[1]]
    flaps = [(second, name == "+flapping") for second, name in story.faults() if name.endswith("flapping")]
    offline, flapping = reference(away)
    assert spans(changed) == offline
    assert spans(flaps) == flapping
    assert away


def test_the_reference_sees_both() -> None:
    many = [(minute * 60, minute * 60 + 40) for minute in range(60)]
    offline, flapping = reference([*many, (7200, 9000)])
    assert offline[:2] == [(30, 40), (90, 100)]
    assert offline[-1] == (7230, 9000)
    assert flapping == [(640, 3600 + 59 * 60 + 40 - 5 * 60)]
