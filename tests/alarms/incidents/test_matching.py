"""Which incident an episode belongs to, and what becomes news of it."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings

from hub.alarms.episodes import Episode
from hub.alarms.incidents.book import Book
from hub.alarms.incidents.matching import meet, united
from hub.alarms.incidents.states import State
from tests.alarms.incidents.made import FREEZE, HEAT, MINUTE, SITE, assess, episode, finding, kinds, only
from tests.alarms.incidents.stories import of_rule

NEXT = replace(HEAT, version="fridge@2")


@pytest.fixture
def book() -> Book:
    return Book()


def test_an_episode_is_raised_gets_worse_and_returns(book: Book) -> None:
    assert assess(book, 60, episode(0)) == ["RAISED"]
    assert assess(book, 200, episode(0, worst=9500)) == []  # it goes on, and gets warmer
    assert assess(book, 240, episode(0, severity="critical", worst=9700)) == ["EXTENDED"]
    assert assess(book, 300, episode(0, 290, severity="critical", worst=9800)) == ["RETURNED"]
    incident = only(book)
    assert incident.incident == episode(0).episode_id
    assert (incident.site, incident.known.worst) == (SITE, 9800)
    assert book.state(incident) is State.RTN_UNACK


def test_what_is_asked_again_is_no_news(book: Book) -> None:
    assess(book, 60, episode(0))
    assert assess(book, 61, episode(0)) == []
    assess(book, 90, episode(0, 80))
    assert assess(book, 91, episode(0, 80)) == []


def test_a_step_and_the_end_that_are_seen_at_once_are_two_entries(book: Book) -> None:
    assess(book, 60, episode(0))
    assert assess(book, 300, episode(0, 290, severity="critical")) == ["EXTENDED", "RETURNED"]


def test_late_data_that_move_the_start_and_show_the_end_revise_and_return(book: Book) -> None:
    assess(book, 60, episode(0))
    assert assess(book, 300, episode(-30, 290)) == ["REVISED", "RETURNED"]
    assert only(book).incident == episode(0).episode_id


@pytest.mark.parametrize(
    ("after", "news"),
    [
        (episode(0, 200), "EXTENDED"),
        (episode(0), "EXTENDED"),
        (episode(0, 100, severity="critical"), "EXTENDED"),
        (episode(0, 90), "REVISED"),
        (episode(-10, 200), "REVISED"),
        (episode(0, 100, worst=9100), "REVISED"),
        (episode(0, 100, worst=None), "REVISED"),
        (episode(0, 100, inferred=True), "REVISED"),
        (episode(0, 200, raised=61), "REVISED"),
    ],
)
def test_what_became_known_later_of_one_that_returned(book: Book, after: object, news: str) -> None:
    assess(book, 60, episode(0))
    assess(book, 100, episode(0, 100))
    assert assess(book, 300, after) == [news]  # type: ignore[arg-type]


@pytest.mark.parametrize("after", [episode(0, worst=8900), episode(0, severity="info"), episode(1)])
def test_an_open_episode_that_is_less_than_was_said_is_revised(book: Book, after: object) -> None:
    assess(book, 60, episode(0))
    assert assess(book, 70, after) == ["REVISED"]  # type: ignore[arg-type]


def test_a_gap_that_is_bridged_meanwhile_is_no_news_and_one_that_is_filled_is(book: Book) -> None:
    assess(book, 60, episode(0))
    assert assess(book, 70, episode(0, inferred=True)) == []
    assess(book, 80, episode(0, 80, inferred=True))
    assert assess(book, 90, episode(0, 80)) == ["REVISED"]


def test_the_colder_is_the_worse_for_a_freezing_alarm(book: Book) -> None:
    freezing = episode(0, rule=FREEZE, severity="critical", worst=-600)
    assert assess(book, 60, freezing, rule=FREEZE) == ["RAISED"]
    assert assess(book, 61, replace(freezing, worst=-900), rule=FREEZE) == []
    assess(book, 62, replace(freezing, worst=-900, cleared_at_ms=62 * MINUTE), rule=FREEZE)
    assert only(book).known.worst == -900


@pytest.mark.parametrize(
    ("minute", "cleared", "news"),
    [(60, None, "RAISED"), (90, None, "RAISED"), (91, None, "RETRO_RAISED"), (62, 62, "RETRO_RAISED")],
)
def test_what_is_known_late_or_over_is_raised_in_retrospect(
    book: Book, minute: int, cleared: int | None, news: str
) -> None:
    assert assess(book, minute, episode(0, cleared, raised=60)) == [news]


def test_several_incidents_in_one_episode_are_merged_into_the_oldest(book: Book) -> None:
    assess(book, 180, episode(0, 100), episode(120))
    first, second = book.incidents
    assert assess(book, 190, episode(0)) == ["REVISED", "MERGED", "CLOSED"]
    assert book.incidents[second].merged_into == first
    assert book.find(second).incident == first
    assert book.state(book.incidents[second]) is State.CLOSED


def test_a_merged_one_comes_back_when_the_data_part_again(book: Book) -> None:
    assess(book, 180, episode(0, 100), episode(120))
    first, second = book.incidents
    assess(book, 190, episode(0))
    assert assess(book, 200, episode(0, 100), episode(120)) == ["RETURNED", "REVISED"]
    assert book.find(second).incident == second
    assert list(book.incidents) == [first, second]


def test_the_age_in_the_ledger_counts_not_the_start(book: Book) -> None:
    assess(book, 180, episode(120))
    assess(book, 181, episode(0, 100), episode(120))
    assess(book, 182, episode(0))
    older, younger = episode(120).episode_id, episode(0).episode_id
    assert book.find(younger).incident == older


def test_one_that_meets_two_keeps_the_earlier_and_the_second_is_new(book: Book) -> None:
    assess(book, 60, episode(0))
    assert assess(book, 500, episode(0, 100), episode(300, 450)) == ["RETURNED", "RETRO_RAISED"]
    assert [each.known.start_ms for each in book.incidents.values()] == [0, 300 * MINUTE]


def test_what_the_data_take_back_is_kept_and_comes_back(book: Book) -> None:
    assess(book, 60, episode(0))
    assert assess(book, 70) == ["WITHDRAWN_BY_DATA", "CLOSED"]
    assert book.state(only(book)) is State.CLOSED
    assert assess(book, 71) == []
    assert assess(book, 72, episode(5)) == ["REVISED"]
    assert book.state(only(book)) is State.UNACK
    assert assess(book, 73) == ["WITHDRAWN_BY_DATA", "CLOSED"]
    assert assess(book, 74, episode(5, 70)) == ["REVISED"]
    assert book.state(only(book)) is State.RTN_UNACK


def test_an_incident_that_stands_comes_before_one_that_was_taken_back(book: Book) -> None:
    assess(book, 90, episode(0, 80))
    assert assess(book, 400, episode(100, 300)) == ["RETRO_RAISED", "WITHDRAWN_BY_DATA", "CLOSED"]
    assert assess(book, 401, episode(0, 300)) == ["REVISED"]
    assert [each.withdrawn for each in book.incidents.values()] == [True, False]


def test_one_that_was_taken_back_while_open_does_not_reach_into_the_future(book: Book) -> None:
    assess(book, 60, episode(0))
    assess(book, 70)
    assert assess(book, 1060, episode(1000)) == ["RAISED"]
    assert [each.withdrawn for each in book.incidents.values()] == [True, False]


def test_a_name_that_is_taken_is_not_given_again(book: Book) -> None:
    assess(book, 200, episode(0))
    assess(book, 201, episode(100))
    assert assess(book, 202, episode(0, 100), episode(100)) == ["RETRO_RAISED"]
    assert len(book.incidents) == 2
    assert len({each.incident for each in book.incidents.values()}) == 2


def test_touching_counts_only_where_one_version_replaced_another() -> None:
    assert not meet(episode(0, 100), episode(100))
    assert meet(episode(0, 100), episode(100, rule=NEXT))
    assert meet(episode(100, rule=NEXT), episode(0, 100))
    assert meet(episode(0, 101), episode(100))
    assert not meet(episode(0, 99), episode(100, rule=NEXT))


def test_episodes_of_two_versions_are_one_matter(book: Book) -> None:
    assess(book, 60, episode(0))
    old, new = episode(0, 100, worst=9900), episode(30, rule=NEXT, raised=100, severity="critical")
    assert assess(book, 101, new, old, rule=NEXT) == ["REVISED"]
    assert only(book).known == replace(
        new, start_ms=0, raised_at_ms=60 * MINUTE, worst=9900, severity="critical"
    )


def test_a_version_that_begins_later_opens_it_again(book: Book) -> None:
    assess(book, 60, episode(0))
    assess(book, 100, episode(0, 100))
    news = assess(book, 130, episode(0, 100), episode(50, rule=NEXT, raised=130), rule=NEXT)
    assert news == ["REVISED"]
    assert only(book).active


def test_united_episodes_do_not_meet() -> None:
    found = united([episode(200, 250), episode(0, 100), episode(50, 120, rule=NEXT), episode(120, 130)], HEAT)
    assert [(each.start_ms // MINUTE, (each.cleared_at_ms or 0) // MINUTE) for each in found] == [
        (0, 130),
        (200, 250),
    ]


@settings(max_examples=60, deadline=None)
@given(of_rule(HEAT))
def test_what_is_united_does_not_meet(episodes: tuple[Episode, ...]) -> None:
    found = united(episodes, HEAT)
    assert not any(meet(one, other) for one, other in combinations(found, 2))
    assert united(reversed(episodes), HEAT) == found
    assert all(any(meet(each, whole) or each == whole for whole in found) for each in episodes)


def test_two_episodes_of_the_old_version_and_one_of_the_new_between_them_are_one(book: Book) -> None:
    found = [episode(1, 2), episode(2, 3), episode(2, 3, rule=NEXT)]
    assert [(each.start_ms // MINUTE, each.version) for each in united(found, HEAT)] == [(1, "fridge@2")]


def test_what_began_before_the_readings_at_hand_is_not_withdrawn_or_moved(book: Book) -> None:
    assess(book, 60, episode(0, worst=9900))
    seen = finding(episode(500, raised=560, severity="critical"), known_from=500)
    assert kinds(book.assess([seen], 600 * MINUTE)) == ["EXTENDED"]
    assert (only(book).known.start_ms, only(book).known.worst) == (0, 9900)
    seen = finding(episode(500, 700, raised=560, severity="critical"), known_from=500)
    assert kinds(book.assess([seen], 700 * MINUTE)) == ["RETURNED"]
    assert kinds(book.assess([finding(known_from=800)], 900 * MINUTE)) == []


def test_incidents_of_other_keys_are_left_alone(book: Book) -> None:
    assess(book, 60, episode(0))
    assert assess(book, 61, rule=FREEZE) == []
    assert not only(book).withdrawn


def test_of_one_assessment_the_order_of_keys_does_not_matter() -> None:
    cold = episode(0, rule=FREEZE, severity="critical", worst=-700)
    found = [finding(episode(0), episode(100)), finding(cold, rule=FREEZE)]
    one, other = Book(), Book()
    assert one.assess(found, 100) == other.assess(found[::-1], 100)
    assert one.head == other.head
