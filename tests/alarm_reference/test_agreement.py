"""Two fridge-years, a third of each late and in any order, in the product's evaluator: no difference."""

import pytest

from tests.alarm_reference.agreement import judge_year


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_product_and_reference_find_the_same_episodes_in_a_year(seed: int) -> None:
    verdict = judge_year(seed, asked_in_between=(0.05, 0.15))
    assert not verdict.wrong, (len(verdict.wrong), verdict.wrong[:10])
    assert verdict.asked == 3
    assert 0.2 < verdict.late / verdict.arrivals < 0.4
    assert min(verdict.episodes.values()) > 2, verdict.episodes
    assert verdict.inferred > 2
