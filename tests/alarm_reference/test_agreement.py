"""Two fridge-years, a third of each late and in any order: the product finds what the reference finds."""

import pytest

from tests.alarm_reference.agreement import judge_year
from tests.alarm_reference.ledgers import ledger_of_all_at_once, ledger_of_batches
from tests.alarm_reference.years import fridge_year


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_product_and_reference_find_the_same_episodes_in_a_year(seed: int) -> None:
    verdict = judge_year(seed, asked_in_between=(0.05, 0.15))
    assert not verdict.wrong, (len(verdict.wrong), verdict.wrong[:10])
    assert verdict.asked == 3
    assert 0.2 < verdict.late / verdict.arrivals < 0.4
    assert min(verdict.episodes.values()) > 2, verdict.episodes
    assert verdict.inferred > 2


@pytest.mark.slow
def test_readings_in_any_order_give_the_same_ledger() -> None:
    year = fridge_year(3, days=40)
    at_once = {ledger_of_all_at_once(year, order) for order in range(3)}
    assert len(at_once) == 1
    in_batches = {ledger_of_batches(year, order) for order in range(3)}
    assert len(in_batches) == 1
    assert at_once.isdisjoint(in_batches)  # what was found too late, revised and withdrawn stands there too
    assert min(ledger.count(b"RAISED") for ledger in at_once | in_batches) > 100
