"""What an edge did while it was apart, entered into the hub's ledger: one incident, whoever saw it first."""

from dataclasses import replace
from typing import Any

import pytest

from hub.alarms.episodes import Episode
from hub.alarms.incidents.actions import Acknowledge
from hub.alarms.incidents.at_edge import Change, EdgeWord, enter_words, told_at_edge
from hub.alarms.incidents.book import Book
from hub.alarms.incidents.entries import Entry, verify
from hub.alarms.incidents.states import State
from tests.alarms.incidents.made import FRIDGE, MINUTE, SITE, episode, finding, kinds, only

EDGE = "kho-1"
NOW = 200 * MINUTE
DELIVERED = {"channel": "sms", "outcome": "delivered", "to": "u-an"}


def word(change: Change, known: Episode, **more: Any) -> EdgeWord:
    return replace(EdgeWord(EDGE, SITE, 150 * MINUTE, change, known.episode_id, known), **more)


def warm(*known: Episode) -> tuple[Book, list[Entry]]:
    book = Book()
    return book, book.assess([finding(*(known or [episode(0)]))], NOW)


def test_what_the_edge_did_with_the_same_incident_stands_in_its_ledger() -> None:
    book, made = warm()
    words = [
        word("RAISED", episode(0)),
        word("NOTIFIED", episode(0), detail=DELIVERED),
        word("ESCALATED", episode(0), detail={"level": 1}),
        word("ACKED", episode(0), actor="u-an"),
    ]
    made += enter_words(book, words, NOW)
    assert kinds(made) == ["RETRO_RAISED", "AT_EDGE", "NOTIFIED", "ESCALATED", "ACKED"]
    place = {"edge": EDGE, "at": 150 * MINUTE}
    assert [dict(entry.detail) for entry in made[1:]] == [
        {"change": "RAISED", **place}, {**DELIVERED, **place}, {"level": 1, **place}, place
    ]  # fmt: skip
    assert [told_at_edge(entry) for entry in made] == [None, None, ("u-an", ""), None, None]
    assert (made[-1].actor, book.state(only(book))) == ("u-an", State.ACK)
    assert verify(made) is None


def test_another_name_of_the_edge_is_an_alias_of_what_it_overlaps() -> None:
    book, made = warm(episode(5))
    at_edge = episode(0)
    made += enter_words(book, [word("RAISED", at_edge), word("ACKED", at_edge, actor="u-an")], NOW)
    assert kinds(made) == ["RETRO_RAISED", "MERGED", "CLOSED", "AT_EDGE", "ACKED"]
    ours = made[0].incident
    assert book.find(at_edge.episode_id).incident == ours
    assert [entry.incident for entry in made[3:]] == [ours, ours]
    assert book.incidents[at_edge.episode_id].merged_into == ours
    assert Book.of(made) == book


def test_what_the_hub_does_not_see_is_kept_as_withdrawn_and_comes_back_with_data() -> None:
    book = Book()
    at_edge = episode(0)
    made = enter_words(book, [word("NOTIFIED", at_edge, detail=DELIVERED)], NOW)
    assert kinds(made) == ["WITHDRAWN_BY_DATA", "CLOSED", "NOTIFIED"]
    made += book.assess([finding(episode(0))], NOW)
    assert kinds(made[3:]) == ["REVISED"]
    assert book.state(only(book)) is State.UNACK
    assert Book.of(made) == book


def test_an_acknowledgement_of_less_does_not_count() -> None:
    """It got critical while the word was on its way: the edge calls again, too."""
    book, _ = warm(episode(0, severity="critical"))
    made = enter_words(book, [word("ACKED", episode(0), actor="u-an")], NOW)
    assert [(entry.kind.value, entry.actor, entry.detail["change"]) for entry in made] == [
        ("AT_EDGE", "u-an", "ACKED")
    ]
    assert book.state(only(book)) is State.UNACK


def test_a_second_acknowledgement_is_noted() -> None:
    book, _ = warm()
    book.act(episode(0).episode_id, Acknowledge("u-binh"), NOW)
    assert kinds(enter_words(book, [word("ACKED", episode(0), actor="u-an")], NOW)) == ["AT_EDGE"]


@pytest.mark.parametrize(
    "bad",
    [
        word("NOTIFIED", replace(episode(0), device="fridge-02"), incident=episode(0).episode_id),
        word("RAISED", episode(0), actor="u an\n"),
    ],
)
def test_a_word_that_makes_no_sense_enters_nothing(bad: EdgeWord) -> None:
    book, _ = warm()
    assert enter_words(book, [bad], NOW) == []
    assert only(book).known.device == FRIDGE
