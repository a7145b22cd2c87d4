"""Whatever data, people and channels do: the ledger proves itself, and what stands is what the data say."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.alarms.episodes import Episode
from hub.alarms.incidents.book import Book
from hub.alarms.incidents.entries import (
    BadEntry,
    Entry,
    Fault,
    Head,
    chained,
    entry_bytes,
    entry_of,
    head_of,
    verify,
)
from hub.alarms.incidents.matching import united
from hub.alarms.incidents.standing import fold
from hub.alarms.incidents.states import Kind, State
from tests.alarms.incidents.made import MINUTE, episode, finding
from tests.alarms.incidents.stories import RULES, Assessed, Step, assessed, steps, tell

few = settings(max_examples=60, deadline=None)
pytestmark = pytest.mark.slow

Essence = tuple[object, ...]


def essence(known: Episode) -> Essence:
    """While it is open its worst value goes on without an entry."""
    if known.cleared_at_ms is None:
        known = replace(known, worst=None, inferred=False)
    return (known,)


def standing(book: Book) -> set[Essence]:
    found = [essence(each.known) for each in book.incidents.values() if not each.gone]
    assert len(found) == len(set(found))
    return set(found)


def wanted(step: Assessed) -> set[Essence]:
    return {
        essence(each)
        for rule, episodes in zip(RULES, step.episodes, strict=True)
        for each in united(episodes, rule)
    }


def check(book: Book, step: Step) -> None:
    if isinstance(step, Assessed):
        assert standing(book) == wanted(step)
    for incident in book.incidents.values():
        assert incident.closed == (incident.uncovered is State.CLOSED)
        assert (book.state(incident) is State.CLOSED) == incident.closed
        assert book.find(incident.incident).merged_into == ""


@few
@given(steps)
def test_what_stands_is_what_the_data_say_whatever_came_between(story: list[Step]) -> None:
    book = Book()
    tell(book, story, lambda step: check(book, step))


@few
@given(steps)
def test_the_ledger_alone_tells_how_everything_stands(story: list[Step]) -> None:
    book = Book()
    entries = tell(book, story)
    assert verify(entries, book.head) is None
    assert Book.of(entries) == book
    again = [entry_of(entry_bytes(entry), entry.hash) for entry in entries]
    assert again == entries


@few
@given(steps, assessed)
def test_a_book_goes_on_where_it_stood(story: list[Step], step: Assessed) -> None:
    book = Book()
    tell(book, story)
    again = Book.standing(book.head, book.incidents.values(), book.services)
    assert tell(again, [step]) == tell(book, [step])
    assert again == book


@few
@given(steps, assessed)
def test_asked_twice_there_is_no_second_entry(story: list[Step], step: Assessed) -> None:
    book = Book()
    tell(book, [*story, step])
    assert tell(book, [step._replace(minutes=0)]) == []


@few
@given(st.data(), steps)
def test_each_change_removal_and_swap_is_found(data: st.DataObject, story: list[Step]) -> None:
    book = Book()
    whole = book.assess([finding(episode(0))], 60 * MINUTE) + tell(book, story)
    index = data.draw(st.integers(0, len(whole) - 1))
    forged = list(whole)
    match data.draw(st.sampled_from(["change", "remove", "swap", "double"])):
        case "change":
            forged[index] = changed(whole[index], data.draw(st.integers(0, 6)))
        case "remove":
            del forged[index]
        case "swap":
            forged[index], forged[index - 1] = forged[index - 1], forged[index]
        case "double":
            forged.insert(index, whole[index])
    fault = verify(forged, book.head)
    assert (fault is None) == (forged == whole)
    if fault is not None:
        assert forged[: fault.number - 1] == whole[: fault.number - 1]


def changed(entry: Entry, field: int) -> Entry:
    return (
        replace(entry, at_ms=entry.at_ms + 1),
        replace(entry, kind=Kind.COMMENTED if entry.kind is not Kind.COMMENTED else Kind.ACKED),
        replace(entry, actor=entry.actor + "x"),
        replace(entry, note=entry.note + "."),
        replace(entry, detail={**entry.detail, "x": 1}),
        replace(entry, incident=entry.incident + "0"),
        replace(entry, hash=("1" if entry.hash[0] == "0" else "0") + entry.hash[1:]),
    )[field]


def test_a_ledger_made_anew_is_found_by_who_kept_its_head() -> None:
    book = Book()
    whole = book.assess([finding(episode(0))], 60 * MINUTE)
    forged = [chained(Head(), replace(whole[0], at_ms=0))]
    assert verify(forged) is None
    assert verify(forged, book.head) == Fault(1, "ledger.another_ledger")
    assert verify([], book.head) == Fault(1, "ledger.cut_short")


entries = st.builds(
    Entry,
    st.integers(1, 50),
    st.integers(0, 10**9),
    st.sampled_from(Kind),
    st.just("kho-vac-xin"),
    st.just("fridge-01"),
    st.sampled_from(["", "a", "b"]),
    st.sampled_from([None, episode(0), episode(0, 100), episode(50, severity="critical")]),
    st.sampled_from(["", "3fb1c2aa"]),
    st.dictionaries(
        st.sampled_from(["into", "until", "to", "disposition", "parent", "latch", "retro"]),
        st.one_of(st.integers(0, 10**9), st.text(max_size=5)),
    ),
)


@few
@given(st.lists(entries, max_size=15))
def test_the_fold_takes_any_entries(made: list[Entry]) -> None:
    incident = None
    for entry in made:
        incident = fold(incident, entry)
        if incident is not None:
            assert incident.state() in State
            assert incident.state(out_of_service=True) in State
    book = Book.of(made)
    assert all(book.state(each) in State for each in book.incidents.values())


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b"nothing", b"\xff", b'{"number":1}', b"[" * 100_000],
)
def test_bytes_that_are_no_entry_are_told(body: bytes) -> None:
    with pytest.raises(BadEntry):
        entry_of(body, "")


def test_bytes_that_are_not_canonical_are_told() -> None:
    (entry,) = Book().assess([finding(episode(0))], 60 * MINUTE)
    with pytest.raises(BadEntry, match=r"ledger\.not_canonical"):
        entry_of(entry_bytes(entry).replace(b'"actor":""', b'"actor": ""'), entry.hash)
    assert head_of(entry).number == 1
