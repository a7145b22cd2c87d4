"""A small partition of seven days: the soak's own machinery, with numbers that fit a test."""

from pathlib import Path

import pytest

from tests.soak.partition import partition, report

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
EVENTS = 2000


async def test_a_partition_of_seven_days_drains_once_and_in_order(tmp_path: Path) -> None:
    outcome = await partition(tmp_path, EVENTS, quiet_seconds=2)
    assert outcome.backlog >= EVENTS
    assert outcome.drained >= EVENTS
    assert outcome.findings.events >= EVENTS
    assert outcome.alone.events > 0
    assert outcome.beside.events > 0
    assert f"| {outcome.backlog:,} |" in report(EVENTS, 1000, outcome)
