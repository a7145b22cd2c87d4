"""Hub or broker away: analyzers notice nothing, and afterwards everything arrives."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fire.campaign import running
from tests.fire.installation import LAYOUTS, Layout

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
Record = Callable[[str, object], None]


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_acknowledgements_go_on_without_a_broker(
    tmp_path: Path, layout: Layout, record_property: Record
) -> None:
    async with running(tmp_path, layout) as run:
        await run.analyzers.more(100)
        await run.installation.hold_broker()
        run.analyzers.ledger.answer_seconds.clear()
        await run.analyzers.more(600)  # about three seconds
        record_property("ack_p99_ms_without_broker", round(run.analyzers.ledger.p99_ms(), 1))
        edge = await run.scrapes.scrape(run.installation.edge_role)
        run.installation.release_broker()
        await run.settle()
    assert edge
    assert edge["spool_events_waiting"] > 600
    assert set(run.analyzers.ledger.answers) == {"AA"}


async def test_a_hub_that_hangs_stops_nobody(tmp_path: Path) -> None:
    async with running(tmp_path, "two processes") as run:
        await run.analyzers.more(100)
        await run.installation.broker_pid()
        run.installation.freeze("hub")
        await run.analyzers.more(200)
        run.installation.thaw("hub")
        await run.settle()
    assert set(run.analyzers.ledger.answers) == {"AA"}


async def test_a_hub_that_is_stopped_gets_everything_when_it_is_back(tmp_path: Path) -> None:
    async with running(tmp_path, "two processes") as run:
        await run.analyzers.more(100)
        assert await run.installation.stop("hub") == 0
        await run.analyzers.more(200)
        await run.installation.start("hub")
        findings = await run.settle()
    assert findings.epochs == 1
