"""What a Fridge-tag 2 L alarmed by itself in 37 days: ours is the same, reading by reading and day by day.

The export (of msupply-foundation/temperature-sensor) is not ours to copy: it stands beside the project.
"""

import re
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from hub.alarms.episode_definition import episodes_of
from hub.alarms.episodes import Episode
from hub.alarms.evaluator import Evaluator
from hub.alarms.readings import Reading, Series, thousandths
from hub.alarms.rules import Condition, InForce, Rule
from tools.tree import ROOT

EXPORT = ROOT.parent / "shared/corpus/cold_chain/berlinger_fridgetag2L_130500109088.txt"
MINUTE_MS, DAY_MS = 60_000, 86_400_000
SERIES = Series("fridge-tag", "temp.vaccine")

pytestmark = pytest.mark.skipif(not EXPORT.exists(), reason="the corpus of device exports is not here")


class Row(NamedTuple):
    time_ms: int
    value: int
    is_flagged: bool


class AlarmDay(NamedTuple):
    """``since_ms`` as the device says: midnight where the alarm came over from the day before."""

    day_ms: int
    rule: str
    since_ms: int


def at_ms(text: str) -> int:
    """The device's clock is local time without a zone; only differences matter."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def rows() -> list[Row]:
    """Those of ``Data:``: time, temperature, and ``x`` where the device says out of limits."""
    found = re.findall(
        r"^\t([0-9-]+ [0-9:]+)\t([+-]?[0-9.]+)(\tx)?\r?$", EXPORT.read_text("utf-8"), re.MULTILINE
    )
    return [Row(at_ms(time), thousandths(float(value)) or 0, bool(flag)) for time, value, flag in found]


def alarm_days() -> list[AlarmDay]:
    """The days and rules for which the device says since when it alarmed."""
    days = re.split(r"^  Date: ", EXPORT.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return [
        AlarmDay(at_ms(day[:10]), code, at_ms(f"{day[:10]} {since}"))
        for day in days
        for number, code in enumerate(("LOW", "HEAT"))
        for since in re.findall(rf"^   {number}:\r?\n    t Acc: \d+, TS A: (\d\d:\d\d)", day, re.MULTILINE)
    ]


def days_in_file() -> int:
    return len(re.findall(r"^  Date: ", EXPORT.read_text("utf-8"), re.MULTILINE))


def rule(code: str, when: Condition) -> InForce:
    """As ``Conf:`` has it: 2.0 and 8.0 °C, 60 min each, logged every 5 min."""
    return InForce(
        Rule(code, SERIES.metric, when, 60 * MINUTE_MS, "critical", 15 * MINUTE_MS, "fridge-tag@1")
    )


RULES = [rule("LOW", Condition("<", 2000)), rule("HEAT", Condition(">", 8000))]


def episodes() -> list[Episode]:
    readings = [Reading(row.time_ms, row.value) for row in rows()]
    end_ms = readings[-1].time_ms
    return [
        episode for version in RULES for episode in episodes_of(version, SERIES.device, readings, (), end_ms)
    ]


def days_of(episode: Episode) -> range:
    """The days on which it was an alarm."""
    end_ms = rows()[-1].time_ms + 1 if episode.cleared_at_ms is None else episode.cleared_at_ms
    return range(episode.raised_at_ms // DAY_MS * DAY_MS, end_ms, DAY_MS)


def test_every_reading_is_flagged_as_the_device_flags_it() -> None:
    found = rows()
    violating = [
        any(isinstance(each.rule.when, Condition) and each.rule.when.holds(row.value) for each in RULES)
        for row in found
    ]
    assert len(found) > 10_000
    assert violating == [row.is_flagged for row in found]


def test_every_alarm_day_of_the_device_and_no_other() -> None:
    assert days_in_file() > 30
    ours = {(day_ms, episode.rule) for episode in episodes() for day_ms in days_of(episode)}
    assert ours == {(day.day_ms, day.rule) for day in alarm_days()}


def test_onset_within_a_log_interval() -> None:
    """It measures every minute and logs every fifth: ours may come up to that much later, never earlier."""
    onsets = {(day.day_ms, day.rule): day.since_ms for day in alarm_days() if day.since_ms != day.day_ms}
    firsts = reversed(episodes())  # of several on a day the device tells the first
    ours = {(each.raised_at_ms // DAY_MS * DAY_MS, each.rule): each for each in firsts}
    assert len(onsets) == 10
    late = {day: ours[day].raised_at_ms - since_ms for day, since_ms in onsets.items()}
    assert all(0 <= each < 5 * MINUTE_MS for each in late.values())


def test_the_evaluator_finds_the_same_backwards() -> None:
    evaluator = Evaluator()
    evaluator.watch(SERIES, RULES)
    evaluator.add((SERIES, row.time_ms, row.value / 1000, "GOOD") for row in reversed(rows()))
    changes = evaluator.assess(rows()[-1].time_ms)
    assert {each for change in changes for each in change.episodes} == set(episodes())
