"""Invariants under fire: kill -9 in turn, under load, on one machine and with edge and hub apart."""

from pathlib import Path

import pytest

from tests.fire.campaign import campaign
from tests.fire.installation import LAYOUTS, Layout
from tests.postgres.server import PostgresServer

KILLS = 5
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_every_acknowledged_result_is_stored_exactly_once(
    tmp_path: Path, layout: Layout, store_server: PostgresServer | None
) -> None:
    run, findings, _ = await campaign(tmp_path, layout, store_server, KILLS, seed=2)
    assert sum(run.kills.values()) == KILLS
    assert run.kills.get("postgresql", 0) == (store_server is not None)
    assert findings.acknowledged > 20 * KILLS
    assert run.scrapes.count >= KILLS
