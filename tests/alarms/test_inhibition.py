"""What explains what: any order of raising ends alike; what was measured is never explained away."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.alarms.episodes import Episode
from hub.alarms.incidents.actions import Acknowledge, TakeOut
from hub.alarms.incidents.book import Book, Finding
from hub.alarms.incidents.entries import Entry, verify
from hub.alarms.incidents.states import State
from hub.alarms.inhibition import GRACE_MS, Level, Place, Tree
from hub.alarms.inhibition_entries import inhibit
from hub.alarms.rules import Condition, Rule, Severity
from hub.machine_metrics import ONLINE

MINUTE = 60_000
GRACE = GRACE_MS // MINUTE
SITE = "kho-vac-xin"
OFFLINE = Rule("OFFLINE", ONLINE, Condition("==", 0), 2 * MINUTE, "warning", 10**9, "edge@1")
AWAY = Rule("HUB_AWAY", ONLINE, "silent", 15 * MINUTE, "info", 10**9, "hub@1")
NODATA = Rule("NODATA", "temp.vaccine", "silent", 45 * MINUTE, "warning", 30 * MINUTE, "fridge@1")
POWER = Rule(
    "POWER", "power.available_s", Condition("==", 0), 30 * MINUTE, "warning", 45 * MINUTE, "fridge@1"
)
HEAT = Rule("HEAT", "temp.vaccine", Condition(">", 8000), 60 * MINUTE, "critical", 30 * MINUTE, "fridge@1")
FRIDGE = Place(SITE, Level.DEVICE, "edge-1", "zigbee", silences=frozenset({"NODATA"}))
PLACES = {
    "hub": Place(SITE, Level.HUB),
    "edge-1": Place(SITE, Level.NETWORK, "edge-1"),
    "edge-2": Place("tram-y-te", Level.NETWORK, "edge-2"),
    "zigbee": Place(SITE, Level.GATEWAY, "edge-1"),
    "fridge-01": FRIDGE,
    "fridge-02": FRIDGE,
    "fridge-03": replace(FRIDGE, gateway="", power="ups"),
    "fridge-04": replace(FRIDGE, gateway="", power="ups"),
}
TREE = Tree()
for name, place in PLACES.items():
    TREE.put(name, place)


def found(
    device: str,
    rule: Rule,
    start: int,
    cleared: int | None = None,
    *,
    severity: Severity | None = None,
) -> Finding:
    """One episode, from minute ``start``."""
    start_ms = start * MINUTE
    worst = None if rule.when == "silent" else 0
    episode = Episode(
        device,
        rule.metric,
        rule.code,
        rule.version,
        start_ms,
        start_ms + rule.for_ms,
        None if cleared is None else cleared * MINUTE,
        severity or rule.severity,
        False,
        worst,
    )
    return Finding(PLACES[device].site, device, rule, (episode,))


@dataclass
class Course:
    """A book that is kept as a hub keeps it; times in minutes."""

    book: Book
    due_ms: int | None = None

    def at(self, minute: int, *findings: Finding) -> list[str]:
        """What is entered: rule and kind."""
        made = self.book.assess(findings, minute * MINUTE)
        inhibited = inhibit(self.book, TREE, minute * MINUTE)
        self.due_ms = inhibited.due_ms
        return [f"{entry.device} {entry.kind.value}" for entry in [*made, *inhibited.entries]]

    def standing(self) -> dict[tuple[str, str, int], tuple[State, str]]:
        """By what each is about, its state and who explains it; of one that is closed, whether."""
        named = {name: each.known.device for name, each in self.book.incidents.items()}
        return {
            (each.known.device, each.known.rule, each.known.start_ms): (
                self.book.state(each),
                named.get(each.suppressed_by, "") if not each.closed else str(bool(each.suppressed_by)),
            )
            for each in self.book.incidents.values()
        }


@pytest.fixture
def course() -> Course:
    return Course(Book())


def state(course: Course, device: str) -> tuple[State, str]:
    (found,) = (told for (name, _, _), told in course.standing().items() if name == device)
    return found


def test_an_edge_explains_the_silence_of_what_it_serves(course: Course) -> None:
    assert course.at(2, found("edge-1", OFFLINE, 0)) == ["edge-1 RAISED"]
    assert course.at(45, found("fridge-01", NODATA, 0)) == ["fridge-01 RAISED", "fridge-01 SUPPRESSED"]
    assert state(course, "fridge-01") == (State.SUPPRESSED, "edge-1")
    assert state(course, "edge-1") == (State.UNACK, "")


def test_children_that_were_raised_first_are_explained_when_their_parent_is(course: Course) -> None:
    course.at(50, found("fridge-01", NODATA, 5), found("fridge-02", NODATA, 4))
    assert course.at(51, found("edge-1", OFFLINE, 6)) == [
        "edge-1 RAISED",
        "fridge-01 SUPPRESSED",
        "fridge-02 SUPPRESSED",
    ]


def test_what_was_raised_before_its_parent_began_had_another_cause(course: Course) -> None:
    course.at(50, found("fridge-01", NODATA, 0))
    assert course.at(60, found("edge-1", OFFLINE, 46)) == ["edge-1 RAISED"]


def test_a_child_that_is_back_soon_after_its_parent_never_calls(course: Course) -> None:
    course.at(45, found("edge-1", OFFLINE, 0), found("fridge-01", NODATA, 0))
    assert course.at(60, found("edge-1", OFFLINE, 0, 60)) == ["edge-1 RETURNED"]
    assert course.due_ms == (60 + GRACE) * MINUTE
    assert course.at(62, found("fridge-01", NODATA, 0, 62)) == ["fridge-01 RETURNED", "fridge-01 CLOSED"]
    assert state(course, "fridge-01") == (State.CLOSED, "True"), "that it was explained is still told"
    assert course.at(60 + GRACE) == []


def test_a_child_that_still_stands_is_released_when_the_grace_is_over(course: Course) -> None:
    course.at(45, found("edge-1", OFFLINE, 0), found("fridge-01", NODATA, 0))
    course.at(60, found("edge-1", OFFLINE, 0, 60))
    assert course.at(60 + GRACE - 1) == []
    assert course.at(60 + GRACE) == ["fridge-01 RELEASED"]
    assert state(course, "fridge-01") == (State.UNACK, "")
    assert course.due_ms is None


def test_what_is_raised_within_the_grace_is_explained_too(course: Course) -> None:
    course.at(42, found("edge-1", OFFLINE, 0, 42))
    assert course.at(46, found("fridge-01", NODATA, 1)) == ["fridge-01 RAISED", "fridge-01 SUPPRESSED"]


def test_the_root_explains_first_and_hands_over_without_a_call(course: Course) -> None:
    course.at(45, found("zigbee", OFFLINE, 1), found("fridge-01", NODATA, 0))
    assert state(course, "fridge-01") == (State.SUPPRESSED, "zigbee")
    assert course.at(47, found("edge-1", OFFLINE, 1)) == [
        "edge-1 RAISED",
        "fridge-01 SUPPRESSED",
        "zigbee SUPPRESSED",
    ]
    assert state(course, "fridge-01") == (State.SUPPRESSED, "edge-1")
    course.at(60, found("edge-1", OFFLINE, 1, 60))
    assert course.at(60 + GRACE) == ["fridge-01 SUPPRESSED", "zigbee RELEASED"]
    assert state(course, "fridge-01") == (State.SUPPRESSED, "zigbee")


def test_a_hub_that_was_away_explains_what_it_did_not_hear(course: Course) -> None:
    assert course.at(120, found("fridge-01", NODATA, 10), found("hub", AWAY, 5, 119)) == [
        "fridge-01 RETRO_RAISED",
        "hub RETRO_RAISED",
        "fridge-01 SUPPRESSED",
    ]
    assert course.at(119 + GRACE) == ["fridge-01 RELEASED"]


def test_another_edge_explains_nothing(course: Course) -> None:
    course.at(45, found("edge-2", OFFLINE, 0), found("fridge-01", NODATA, 0))
    assert state(course, "fridge-01") == (State.UNACK, "")


def test_one_plug_is_no_power_cut_of_a_site(course: Course) -> None:
    course.at(45, found("fridge-01", POWER, 0), found("fridge-02", NODATA, 0))
    assert state(course, "fridge-02") == (State.UNACK, "")


def test_two_units_without_power_explain_a_third_of_their_site(course: Course) -> None:
    tree = (found("fridge-01", POWER, 1), found("fridge-02", POWER, 0))
    course.at(45, *tree, found("fridge-02", NODATA, 2))
    assert course.standing()["fridge-02", "NODATA", 2 * MINUTE] == (State.SUPPRESSED, "fridge-02")
    assert course.standing()["fridge-01", "POWER", MINUTE] == (State.UNACK, ""), "it was measured"


def test_one_unit_of_a_configured_group_explains_the_others_of_the_group(course: Course) -> None:
    course.at(45, found("fridge-03", POWER, 0), found("fridge-04", NODATA, 0), found("fridge-01", NODATA, 0))
    assert state(course, "fridge-04") == (State.SUPPRESSED, "fridge-03")
    assert state(course, "fridge-01") == (State.UNACK, "")


@pytest.mark.parametrize("severity", ["warning", "critical"])
def test_heat_is_never_explained(course: Course, severity: Severity) -> None:
    course.at(60, found("edge-1", OFFLINE, 0), found("fridge-01", HEAT, 0, severity=severity))
    assert state(course, "fridge-01") == (State.UNACK, "")


def test_a_parent_that_the_data_take_back_explains_nothing_any_more(course: Course) -> None:
    course.at(45, found("edge-1", OFFLINE, 0), found("fridge-01", NODATA, 0))
    gone = replace(found("edge-1", OFFLINE, 0), episodes=())
    assert course.at(46, gone) == ["edge-1 WITHDRAWN_BY_DATA", "edge-1 CLOSED", "fridge-01 RELEASED"]


def test_what_people_do_with_the_parent_changes_nothing(course: Course) -> None:
    course.at(45, found("edge-1", OFFLINE, 0), found("fridge-01", NODATA, 0))
    (parent,) = (name for name, each in course.book.incidents.items() if each.known.device == "edge-1")
    course.book.act(parent, Acknowledge("u-1"), 46 * MINUTE)
    course.book.act_on_device(SITE, "edge-1", TakeOut("u-1", "repair"), 46 * MINUTE)
    assert course.at(47) == []


# The end of a story: who was away, and what was silent meanwhile.
_RULES = {"hub": AWAY, "edge-1": OFFLINE, "edge-2": OFFLINE, "zigbee": OFFLINE}


@st.composite
def stories(draw: st.DrawFn) -> list[Finding]:
    """At most one episode of a device and rule, the whole of it over some hours."""
    devices = draw(st.lists(st.sampled_from(sorted(PLACES)), unique=True, min_size=1))
    told = []
    for device in devices:
        rules = [_RULES[device]] if device in _RULES else draw(st.sampled_from([[NODATA], [POWER, NODATA]]))
        for rule in rules:
            start = draw(st.integers(0, 120))
            least = start + rule.for_ms // MINUTE + 1
            cleared = draw(st.none() | st.integers(least, 300))
            told.append(found(device, rule, start, cleared))
    return told


NOW = 310


def ended(order: Sequence[Sequence[Finding]]) -> Course:
    """Everything told in these steps, then looked at once more."""
    course = Course(Book())
    entries: list[Entry] = []
    course.book.told = lambda entry, incident, state, before: entries.append(entry)
    for step in order:
        course.at(NOW, *step)
    course.at(NOW)
    assert verify(entries) is None
    return course


@settings(max_examples=60, deadline=None)
@given(stories(), st.randoms(use_true_random=False), st.integers(1, 4))
def test_any_order_of_raising_ends_in_the_same_standing(
    story: list[Finding], random: Random, steps: int
) -> None:
    at_once = ended([story])
    shuffled = sorted(((random.randrange(steps), random.random(), each) for each in story), key=_first_two)
    one_by_one = [[each for _, _, each in group] for _, group in groupby(shuffled, key=lambda told: told[0])]
    assert ended(one_by_one).standing() == at_once.standing()


def _first_two(told: tuple[int, float, Finding]) -> tuple[int, float]:
    return told[:2]


@settings(max_examples=60, deadline=None)
@given(stories())
def test_the_standing_is_the_tree(story: list[Finding]) -> None:
    """Whoever is explained hangs below who explains it; who is not, has nobody above him at that time."""
    course = ended([story])
    named = course.book.incidents
    for each in named.values():
        if each.suppressed_by:
            parent = named[each.suppressed_by].known
            assert parent.start_ms <= each.known.raised_at_ms
            assert _level(parent.device, parent.rule) < PLACES[each.known.device].level
            assert each.known.rule in ("NODATA", "OFFLINE")
    hub = [each.known for each in named.values() if each.known.device == "hub"]
    for each in named.values():
        if hub and each.known.device != "hub" and each.known.rule in ("NODATA", "OFFLINE"):
            (away,) = hub
            over = away.cleared_at_ms is not None and (
                min(each.known.cleared_at_ms or NOW * MINUTE, NOW * MINUTE) >= away.cleared_at_ms + GRACE_MS
            )
            covered = away.start_ms <= each.known.raised_at_ms and not over
            assert (each.suppressed_by == named_of(course, "hub")) is covered


def named_of(course: Course, device: str) -> str:
    (name,) = (name for name, each in course.book.incidents.items() if each.known.device == device)
    return name


def _level(device: str, rule: str) -> Level:
    return Level.POWER if rule == "POWER" else PLACES[device].level
