"""Whose events are written next: each edge in its turn and its order, in batches that keep nobody waiting."""

from collections import defaultdict
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.mqtt.connection import Connection, Incoming
from hub.sink.intake import Delivery
from hub.sink.size import BATCH_SECONDS, LARGEST_BATCH_EVENTS, SMALLEST_BATCH_EVENTS, BatchSize
from hub.sink.turns import BACKLOG_EVENTS, TURN_EVENTS, Turns

EDGES = ("edge-1", "edge-2", "edge-3")
arrivals = st.lists(st.sampled_from(EDGES), max_size=300)
NOBODY = cast(Connection, None)


def delivery(edge: str, number: int, size: int = 1) -> Delivery:
    topic = f"epihub/v1/evt/p00/site/{edge}/device/lab-result-v1"
    return Delivery(NOBODY, Incoming(topic, bytes(size), number, False, False))


def edge_of(each: Delivery) -> str:
    return each.message.topic.split("/")[5]


def numbered(edges: list[str]) -> list[Delivery]:
    return [delivery(edge, number) for number, edge in enumerate(edges, 1)]


@pytest.mark.slow
@given(arrivals, st.integers(1, 70), st.data())
def test_everything_comes_once_and_each_edge_in_its_order(
    edges: list[str], most: int, data: st.DataObject
) -> None:
    turns = Turns()
    turns.add(numbered(edges))
    seen: defaultdict[str, list[int]] = defaultdict(list)
    while len(turns):
        batch = turns.take(most, 1_000_000)
        assert 0 < len(batch) <= most
        if data.draw(st.booleans()):
            turns.put_back(batch)  # the store did not take it
            batch = turns.take(most, 1_000_000)
        for each in batch:
            seen[edge_of(each)].append(each.message.packet_id)
    assert sum(map(len, seen.values())) == len(edges)
    assert all(numbers == sorted(numbers) for numbers in seen.values())


@given(st.integers(TURN_EVENTS, 5000), st.integers(1, TURN_EVENTS))
def test_a_backlog_holds_nobody_up(backlog: int, live: int) -> None:
    turns = Turns()
    turns.add(numbered(["edge-1"] * backlog))
    turns.add(numbered(["edge-2"] * live))
    batch = turns.take(2 * TURN_EVENTS, 1_000_000)
    assert sum(edge_of(each) == "edge-2" for each in batch) == live


def test_what_was_put_back_goes_before_what_came_since() -> None:
    turns = Turns()
    turns.add(numbered(["edge-1"] * 50))
    taken = turns.take(30, 1_000_000)
    assert turns.add([delivery("edge-1", 51)]) == 21
    turns.put_back(taken)
    assert [each.message.packet_id for each in turns.take(100, 1_000_000)] == list(range(1, 52))


def test_a_batch_ends_with_the_message_that_fills_it() -> None:
    turns = Turns()
    turns.add(delivery("edge-1", number, 1000) for number in range(1, 11))
    assert len(turns.take(500, 2500)) == 3
    assert len(turns.take(500, 2000)) == 2
    assert len(turns) == 5
    assert turns.take(500, 0) == []
    assert turns.add([]) == 0


def test_a_backlog_is_told_where_others_wait_beside_it() -> None:
    def told(backlog: int, others: int) -> bool:
        turns = Turns()
        turns.add(numbered(["edge-1"] * backlog + ["edge-2"] * others))
        return turns.has_backlog_beside_others

    assert told(BACKLOG_EVENTS, 1)
    assert not told(BACKLOG_EVENTS, 0), "nobody is kept waiting"
    assert not told(BACKLOG_EVENTS - 1, 5)


@given(st.lists(st.tuples(st.integers(1, 500), st.floats(0, 60)), max_size=50))
def test_a_batch_has_a_size_that_is_allowed(written: list[tuple[int, float]]) -> None:
    size = BatchSize()
    for events, seconds in written:
        size.observe(min(events, size.events), seconds)
        assert SMALLEST_BATCH_EVENTS <= size.events <= LARGEST_BATCH_EVENTS


def test_a_slow_store_gets_small_batches_and_a_quick_one_large_ones_again() -> None:
    size = BatchSize()
    for _ in range(20):
        size.observe(size.events, size.events * 0.0002)  # 5,000 a second
    assert 0.5 * BATCH_SECONDS <= size.events * 0.0002 <= 1.3 * BATCH_SECONDS
    for _ in range(20):
        size.observe(size.events, size.events * 0.00001)
    assert size.events == LARGEST_BATCH_EVENTS


def test_one_checkpoint_halves_a_batch_and_no_more() -> None:
    size = BatchSize()
    size.observe(500, 3.0)
    assert size.events == 250


def test_small_batches_that_are_quick_say_nothing_about_large_ones() -> None:
    size = BatchSize()
    size.observe(500, 3.0)
    size.observe(3, 0.001)
    assert size.events == 250
