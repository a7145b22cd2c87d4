"""Invariants under fire: kill -9 in turn, under load, on one machine and with edge and hub apart."""

from pathlib import Path

import pytest

from tests.fire.campaign import campaign
from tests.fire.installation import Layout

KILLS = 5
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.mark.parametrize("layout", ["one process", "two processes"])
async def test_every_acknowledged_result_is_stored_exactly_once(tmp_path: Path, layout: Layout) -> None:
    run, findings, _ = await campaign(tmp_path, layout, KILLS, seed=2)
    assert sum(run.kills.values()) == KILLS
    assert findings.acknowledged > 20 * KILLS
    assert run.scrapes.count >= KILLS
