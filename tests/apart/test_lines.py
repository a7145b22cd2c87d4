"""Edge and hub on two hosts, a line with faults: no analyzer notices, and afterwards all is there, once."""

from pathlib import Path

import pytest

from tests.apart.scene import Scene, figure, scene
from tests.fire.patience import until_told

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
LONG = 500  # acknowledgements while the line is away: some seconds


async def test_a_line_that_is_cut_for_long(tmp_path: Path) -> None:
    async with scene(tmp_path) as both:
        await both.edge.analyzers.more(100)
        await both.chaos.say("cut")
        await both.edge.analyzers.more(LONG)
        await both.other_arrives()
        waiting = await figure(both.edge, "spool_events_waiting")
        await both.chaos.say("heal")
        findings = await both.settle()
    assert waiting > LONG
    assert findings.epochs == 1
    assert findings.inversions == 0


async def test_a_line_that_carries_little(tmp_path: Path) -> None:
    async with scene(tmp_path) as both:
        await both.edge.analyzers.more(100)
        await both.chaos.say("rate_bytes=20000 latency_ms=150 jitter_ms=100")
        await both.edge.analyzers.more(LONG)
        await both.other_arrives()
        waiting = await figure(both.edge, "spool_events_waiting")
        before = await figure(both.edge, "spool_events_receipted_total")
        await both.edge.analyzers.more(100)
        moved = await figure(both.edge, "spool_events_receipted_total") > before
        await both.chaos.say("heal")
        await both.settle()
    assert waiting > LONG / 2, "the line was not slow: the test shows nothing"
    assert moved, "a slow line must carry something"


async def test_a_storm_of_resets(tmp_path: Path) -> None:
    async with scene(tmp_path) as both:
        await both.edge.analyzers.more(100)
        await both.chaos.say("lifetime_ms=400 slice_bytes=700")
        await both.edge.analyzers.more(2 * LONG)
        await both.other_arrives()
        told = await both.chaos.say("heal")
        await both.settle()
        connects = await figure(both.edge, "relay_connects_total")
    assert " 0 ended by faults" not in told
    assert connects > 3


async def test_what_is_sent_twice_is_stored_once(tmp_path: Path) -> None:
    """The broker has what the edge got no PUBACK for; the hub, whose receipt would tell it, stands still."""
    async with scene(tmp_path) as both:
        await both.edge.analyzers.more(100)
        both.edge.installation.freeze("hub")
        await both.chaos.say("reset unanswered_after_bytes=30000 reset_after_bytes=60000")
        await both.edge.analyzers.more(LONG)
        told = await both.chaos.say("heal")
        both.edge.installation.thaw("hub")
        await both.settle()
        duplicates = await _duplicates(both)
    assert " 0 ended by faults" not in told
    assert duplicates > 0, "nothing came twice: the test shows nothing"


async def test_what_has_its_receipt_is_not_sent_twice(tmp_path: Path) -> None:
    """Lost PUBACKs cost nothing while the hub lives: the retained receipt is read before anything is sent."""
    async with scene(tmp_path) as both:
        await both.edge.analyzers.more(100)
        await both.chaos.say("reset unanswered_after_bytes=60000 reset_after_bytes=90000")
        await both.edge.analyzers.more(LONG)
        told = await both.chaos.say("heal")
        await both.settle()
    assert " 0 ended by faults" not in told


async def test_a_line_is_cut_while_the_backlog_of_the_cut_before_drains(tmp_path: Path) -> None:
    async with scene(tmp_path) as both:
        for _ in range(3):
            await both.chaos.say("cut")
            await both.edge.analyzers.more(2 * LONG // 3)
            before = await figure(both.edge, "spool_events_receipted_total")
            await both.chaos.say("heal rate_bytes=200000")

            async def begun(before: float = before) -> bool:
                return await figure(both.edge, "spool_events_receipted_total") > before

            await until_told(begun, "the backlog begins to drain")
        await both.chaos.say("heal")
        findings = await both.settle()
    assert findings.epochs == 1


async def _duplicates(both: Scene) -> float:
    figures = await both.edge.scrapes.scrape("hub")
    assert figures is not None
    return figures["hub_events_duplicates_total"]
