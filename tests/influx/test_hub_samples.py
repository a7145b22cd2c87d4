"""Samples of the hub wait for the server, within bounds, and come again when it may have lost them."""

from hypothesis import given
from hypothesis import strategies as st

from storage.influx.hub_samples import MOST_AT_ONCE, HubSamples
from storage.influx.measurements.hub import HubSample


def sample(at_ms: int) -> HubSample:
    return HubSample(at_ms, "province", {})


def test_the_oldest_make_room_and_are_counted() -> None:
    samples = HubSamples(most=3)
    for n in range(5):
        samples.add(sample(n))
    assert [each.at_ms for each in samples.next()] == [2, 3, 4]
    assert samples.dropped == 2


def test_what_was_answered_waits_again_until_it_is_settled() -> None:
    samples = HubSamples()
    for n in range(3):
        samples.add(sample(n))
    samples.answered(samples.next()[:2], at=10.0)
    assert samples.waiting == 1
    samples.settle(heard=39.0, seconds=30)
    samples.back()
    assert [each.at_ms for each in samples.next()] == [0, 1, 2]
    samples.answered(samples.next(), at=50.0)
    assert samples.older_than(51.0)
    samples.settle(heard=80.0, seconds=30)
    samples.back()
    assert len(samples) == 0


def test_as_many_as_one_request_carries() -> None:
    samples = HubSamples()
    for n in range(MOST_AT_ONCE + 5):
        samples.add(sample(n))
    assert len(samples.next()) == MOST_AT_ONCE


@given(st.lists(st.sampled_from(["add", "send", "back", "settle"]), max_size=80), st.integers(1, 5))
def test_none_is_lost_but_those_that_are_counted(steps: list[str], most: int) -> None:
    samples, made, settled, now = HubSamples(most), 0, 0, 0.0
    for step in steps:
        now += 1
        before = len(samples)
        if step == "add":
            samples.add(sample(made))
            made += 1
        elif step == "send":
            samples.answered(samples.next(), now)
        elif step == "back":
            samples.back()
        else:
            samples.settle(now, 3)
            settled += before - len(samples)
        assert len(samples) <= most
        assert made == len(samples) + settled + samples.dropped
