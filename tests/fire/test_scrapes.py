"""The check of a scrape finds what it is there to find."""

import pytest

from tests.fire.scrapes import Figures, broken_identities, read_figures

TEXT = """\
# HELP epihub_edge_messages_received_total Messages.
# TYPE epihub_edge_messages_received_total counter
epihub_edge_messages_received_total{device="a"} 5
epihub_edge_messages_received_total{device="b"} 3
"""
RIGHT: Figures = {
    "spool_events_spooled_total": 9,
    "spool_events_receipted_total": 5,
    "spool_events_waiting": 3,
    "spool_events_skipped_total": 1,
}


def test_devices_are_added_up() -> None:
    assert read_figures(TEXT) == {"edge_messages_received_total": 8}


def test_a_right_scrape_passes() -> None:
    assert broken_identities(RIGHT, RIGHT) == []


@pytest.mark.parametrize(
    ("changed", "before", "told"),
    [
        ({"spool_events_waiting": 4}, {}, "spool_events_spooled_total 9 !="),
        ({"spool_events_receipted_total": 10, "spool_events_waiting": -2}, {}, "spool_events_waiting is -2"),
        ({}, {"spool_events_spooled_total": 10}, "spool_events_spooled_total went back from 10 to 9"),
    ],
)
def test_a_wrong_scrape_is_told(changed: Figures, before: Figures, told: str) -> None:
    assert any(told in wrong for wrong in broken_identities(RIGHT | changed, before))


def test_receipts_may_be_taken_back_by_a_restored_hub() -> None:
    assert broken_identities(RIGHT, {"spool_events_receipted_total": 8}) == []
