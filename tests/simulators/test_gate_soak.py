"""A small run of the soak's own machinery: real processes under kill -9, and a bus that is away."""

from pathlib import Path

import pytest

from tests.soak.gate import away, killed
from tests.soak.parts.gate_sites import Crowd

pytestmark = pytest.mark.slow


async def test_no_passage_is_lost_or_doubled_by_kills(tmp_path: Path) -> None:
    outcome = await killed(tmp_path / "hub", "two processes", Crowd(100, 4), kills=5)
    assert outcome.comparison.told.passages.total() >= 160
    assert outcome.again > 0


async def test_what_came_without_a_bus_is_counted_as_it_was(tmp_path: Path) -> None:
    """Two thousand events, a fifth of the codes twice, clocks ten minutes off, backlogs in any order."""
    outcome = await away(tmp_path / "hub", Crowd(360, 4, 4, relays=False))
    assert outcome.waited >= 1900
    assert outcome.comparison.truth.again.total() > 50
