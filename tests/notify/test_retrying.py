"""What a channel's answer means for a notice."""

import msgspec

from hub.notify.channels.parcel import DELIVERED, Delivery
from hub.notify.retrying import settled_of
from tests.notify.made import NOON, SETTINGS, row

AGAIN = Delivery("again", "no_answer")


def test_pauses_double_up_to_five_minutes() -> None:
    pauses = [settled_of(row(tries=tries), AGAIN, NOON, SETTINGS).due_ms - NOON for tries in range(9)]
    assert pauses == [5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]


def test_they_end_on_a_common_tick() -> None:
    assert settled_of(row(), AGAIN, NOON + 1, SETTINGS).due_ms == NOON + 5500


def test_after_the_last_try_it_is_given_up() -> None:
    settings = msgspec.structs.replace(SETTINGS, tries=3)
    assert [settled_of(row(tries=n), AGAIN, NOON, settings).state for n in range(4)] == [
        "WAITING",
        "WAITING",
        "DEAD",
        "DEAD",
    ]


def test_what_is_delivered_or_refused_is_settled() -> None:
    assert settled_of(row(), DELIVERED, NOON, SETTINGS)[1:3] == ("DELIVERED", "delivered")
    assert settled_of(row(), Delivery("refused", "http.404"), NOON, SETTINGS)[1:3] == ("DEAD", "http.404")
