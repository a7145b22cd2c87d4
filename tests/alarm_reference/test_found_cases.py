"""What random worlds found wrong once, made as small as they go."""

from collections.abc import Sequence

import pytest

from tests.alarm_reference.readings import Calibration, Reading, Rule
from tests.alarm_reference.reference import episodes
from tests.alarm_reference.replay import Replay
from tests.alarm_reference.years import HOUR, Arrival, Judged

# A reading comes, a calibration becomes known, other rules count, the evaluator is made anew (right from then
# on), or is asked.
Act = Reading | Calibration | list[Rule] | tuple[str, int]


def good(*claims: tuple[int, int]) -> list[Act]:
    return [Reading(time, value, "GOOD") for time, value in claims]


CASES: dict[str, tuple[int, Rule, Sequence[Act]]] = {
    "cleared beyond the window, after an edit for later": (
        20,
        Rule((">", 6), 4, 10),
        [*good((1, 6), (90, 4), (23, 7)), ("asked", 52), Calibration(2, 142, 181, 2), ("asked", 102)],
    ),
    "cleared beyond the window by another condition, after an edit for later": (
        20,
        Rule(("==", 5), 0, 7, clear=(">", 5)),
        [
            *good((64, 4), (54, 5), (40, 4), (175, 6)),
            ("asked", 73),
            Calibration(1, 237, 247, 2),
            ("asked", 177),
        ],
    ),
    "still open after an edit for later": (
        1,
        Rule((">", 4), 3, 15, ends=69),
        [*good((4, 6), (56, 7)), ("asked", 61), Calibration(1, 190, 255, 3), ("asked", 64)],
    ),
    "a wide window, still open after an edit for later": (
        60,
        Rule(("<=", 6), 0, 15, ends=198),
        [*good((135, 3), (68, 4)), ("asked", 153), Calibration(-1, 219, 290, 3), ("asked", 156)],
    ),
    "an edit for later, and nothing is kept of conflicting values": (
        1,
        Rule((">=", 6), 12, 3),
        [
            *good((96, 6), (4, 5), (143, 3), (144, 3), (143, 6)),
            ("asked", 121),
            Calibration(1, 146, 296, 3),
            ("asked", 146),
        ],
    ),
    "made anew, and nothing is kept of conflicting values": (
        1,
        Rule((">", 4), 0, 9),
        [*good((58, 3), (239, 7), (240, 3), (239, 2)), ("asked", 255), ("anew", 255), ("asked", 256)],
    ),
    "made anew, then an edit of the time before": (
        20,
        Rule((">", 4), 5, 10, ends=49),
        [*good((41, 5)), ("asked", 249), ("anew", 218), Calibration(-1, 0, 64, 3), ("asked", 259)],
    ),
    "made anew, then an edit from before on": (
        20,
        Rule(("<", 4), 1, 7),
        [
            *good((109, 3), (145, 5)),
            ("asked", 195),
            ("anew", 167),
            Calibration(-1, 108, None, 1),
            ("asked", 207),
        ],
    ),
    "cleared beyond the window, after a change of the rule for later": (
        1,
        Rule((">=", 5), 2, 8),
        [
            *good((93, 8), (129, 2)),
            Reading(63, 6, "BAD"),
            *(("asked", 84), ("asked", 96)),
            [Rule((">=", 5), 2, 8, ends=146), Rule(("<", 5), 2, 13, begins=146)],
            ("asked", 146),
        ],
    ),
    "cleared late before the end of a version": (
        48 * HOUR,
        Rule(("<", 4), 5, 15, ends=124),
        [*good((51, 2), (167, 8)), *(("asked", 51), ("asked", 167)), *good((97, 6)), ("asked", 168)],
    ),
    "without rules for a time": (
        1,
        Rule(("<=", 6), 15, 6),
        [
            [],
            *(Reading(56, 8, "BAD"), ("asked", 14)),
            *(*good((1, 5), (63, 8)), ("asked", 65)),
            *(*good((13, 8)), ("asked", 75)),
            [Rule((">=", 5), 21, 9, bridge=18)],
            ("asked", 125),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_stays_right(case: str) -> None:
    window, rule, acts = CASES[case]
    rules = [rule]
    replay = Replay(_judged(rules), None, window)
    readings: list[Reading] = []
    calibrations: list[Calibration] = []
    for act in acts:
        match act:
            case Reading(time, value, quality):
                readings.append(act)
                replay.add([Arrival(0, "m", time, None if value is None else value / 1000, quality)])
            case Calibration():
                calibrations.append(act)
                replay.calibrate("m", calibrations)
            case list():
                rules = act
                replay.judge_by(_judged(rules))
            case ("anew", history_from):
                replay.restart(history_from)
            case (_, now):
                replay.assess(now)
                for judged in replay.judged:
                    expected = episodes(judged.rule, readings, now, calibrations)
                    assert replay.episodes(judged) == expected
                assert sum(map(len, replay.told.values())) == sum(
                    map(len, map(replay.episodes, replay.judged))
                )


def _judged(rules: Sequence[Rule]) -> list[Judged]:
    """Versions of one rule."""
    return [Judged("R", f"tiny@{number}", "m", rule) for number, rule in enumerate(rules)]
