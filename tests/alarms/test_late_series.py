"""Series that come late wait their turn; what is live is told at once, beside them."""

from hub.alarms.evaluator import Evaluator
from hub.alarms.late_series import LATE_MS, MOST_AT_ONCE, MOST_READINGS, LateSeries
from hub.alarms.readings import Series
from hub.alarms.rules import Condition, InForce, Rule

PATIENCE_MS = 30_000
NOW = 1_000 * LATE_MS
METRIC = "temp.vaccine"
HEAT = Rule("HEAT", METRIC, Condition(">", 8000), 0, "critical", 60_000)


def keys(late: LateSeries, now_ms: int) -> list[str]:
    return [device for device, _ in late.take(now_ms)]


def test_the_first_one_is_first_and_only_some_at_once() -> None:
    late = LateSeries(PATIENCE_MS)
    for number in range(MOST_AT_ONCE + 1):
        late.put((f"{number}", METRIC), NOW + number, mark=number)
    assert (late.due_ms(NOW), late.first_mark) == (NOW + PATIENCE_MS, 0)
    assert keys(late, NOW + PATIENCE_MS - 1) == []
    assert keys(late, NOW + PATIENCE_MS) == ["0"]
    assert late.first_mark == 1
    assert keys(late, NOW + 2 * PATIENCE_MS) == [f"{number}" for number in range(1, MOST_AT_ONCE + 1)]
    assert [late.first_mark, *keys(late, NOW + 3 * PATIENCE_MS)] == [None]


def test_who_is_in_a_hurry_goes_first_and_more_readings_keep_the_place() -> None:
    late = LateSeries(PATIENCE_MS)
    for name in ("a", "b", "a"):
        late.put((name, METRIC), NOW, mark=7)
    late.hurry(("b", METRIC))
    assert late.due_ms(NOW) == NOW
    assert keys(late, NOW) == ["b"]
    late.drop(("a", METRIC))
    assert keys(late, NOW + PATIENCE_MS) == []


def evaluator(*devices: str) -> Evaluator:
    made = Evaluator(patience_ms=PATIENCE_MS)
    for device in devices:
        made.watch(Series(device, METRIC), [InForce(HEAT)])
    made.assess(NOW)
    return made


def test_what_is_live_is_told_at_once_and_what_came_late_in_its_turn() -> None:
    made = evaluator("old", "live")
    made.add([(("old", METRIC), NOW - 2 * LATE_MS, 9.0, "GOOD")], mark=41)
    made.add([(("live", METRIC), NOW, 9.0, "GOOD")], mark=42)
    assert [change.series.device for change in made.assess(NOW)] == ["live"]
    assert (made.unjudged_mark, made.due_ms()) == (41, NOW + PATIENCE_MS)
    assert [change.series.device for change in made.assess(NOW + PATIENCE_MS)] == ["old"]
    assert made.unjudged_mark is None


def test_one_that_is_live_again_or_has_many_readings_waits_no_longer() -> None:
    made = evaluator("again", "many")
    made.add([(("again", METRIC), NOW - 2 * LATE_MS, 9.0, "GOOD"), (("again", METRIC), NOW, 5.0, "GOOD")])
    assert [change.series.device for change in made.assess(NOW)] == ["again"]
    first = NOW - 2 * LATE_MS
    made.add([(("many", METRIC), first + number, 9.0, "GOOD") for number in range(MOST_READINGS - 1)])
    assert made.assess(NOW) == []
    made.add([(("many", METRIC), first + MOST_READINGS, 9.0, "GOOD")])
    assert [change.series.device for change in made.assess(NOW)] == ["many"]


def test_without_patience_nothing_waits() -> None:
    made = Evaluator()
    made.watch(Series("old", METRIC), [InForce(HEAT)])
    made.assess(NOW)
    made.add([(("old", METRIC), NOW - 2 * LATE_MS, 9.0, "GOOD")])
    assert [change.series.device for change in made.assess(NOW)] == ["old"]
