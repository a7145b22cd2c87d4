"""Two fridge-years, a third of each late and in any order: the product finds what the reference finds."""

from collections import Counter

import pytest

from hub.alarms.incidents.states import BY_DATA, Kind
from tests.alarm_reference import engine
from tests.alarm_reference.agreement import judge_year
from tests.alarm_reference.ledgers import as_bytes, in_batches, ledger_of_all_at_once
from tests.alarm_reference.reference import Episode
from tests.alarm_reference.years import fridge_year


@pytest.mark.slow
@pytest.mark.timeout(300)  # seconds of one core, which others may need as well
@pytest.mark.parametrize("seed", [1, 2])
def test_product_and_reference_find_the_same_episodes_in_a_year(seed: int) -> None:
    verdict = judge_year(seed, asked_in_between=(0.04, 0.1))
    assert not verdict.wrong, (len(verdict.wrong), verdict.wrong[:10])
    assert verdict.asked == 3
    assert 0.2 < verdict.late / verdict.arrivals < 0.4
    assert min(verdict.episodes.values()) > 2, verdict.episodes
    assert verdict.inferred > 2


@pytest.mark.slow
def test_readings_in_any_order_give_the_same_ledger() -> None:
    year = fridge_year(3, days=30)
    at_once = {ledger_of_all_at_once(year, order) for order in range(3)}
    assert len(at_once) == 1
    in_turn = {as_bytes(in_batches(year, order, largest=10).entries) for order in range(3)}
    assert len(in_turn) == 1
    assert at_once.isdisjoint(in_turn)  # what was found too late, revised and withdrawn stands there too


@pytest.mark.slow
def test_in_the_end_there_is_one_incident_for_each_episode() -> None:
    entries, book, replay = in_batches(fridge_year(4, days=30), 1, largest=10)
    kinds = Counter(entry.kind for entry in entries)
    assert min(kinds[kind] for kind in BY_DATA | {Kind.WITHDRAWN_BY_DATA}) > 2, kinds
    episodes = Counter(
        _as_entered(one.code, episode) for one in replay.judged for episode in replay.episodes(one)
    )
    incidents = Counter(
        _as_entered(incident.known.rule, engine.told(incident.known))
        for incident in book.incidents.values()
        if not incident.gone
    )
    for counted in episodes, incidents:
        del counted["WARM"]  # its versions may have one incident together
    assert incidents == episodes


def _as_entered(code: str, episode: Episode) -> tuple[str, Episode] | str:
    """Without what is no news while it is open: that it gets worse."""
    if code == "WARM":
        return code
    return code, episode._replace(worst=None) if episode.cleared_at is None else episode
