"""Alarms survive kill -9: the same incidents as without, none twice, each told once in the log."""

from pathlib import Path

import pytest

from tests.fire import alarm_campaign

KILLS = 5


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_killed_hub_finds_each_episode_once(tmp_path: Path) -> None:
    outcome = await alarm_campaign.run(tmp_path, seed=11, kills=KILLS, hours=30)
    assert outcome.told == outcome.expected
    assert outcome.expected.total() > KILLS
    assert not outcome.wrong, outcome.wrong
