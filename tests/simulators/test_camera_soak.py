"""A small run of the soak's own machinery: real processes, cameras that are lost and come back together."""

from pathlib import Path

import pytest

pytest.importorskip("av")
pytest.importorskip("cv2")

from simulators.cameras.clip_plans import ClipPlan
from tests.soak.cameras import MOST_CONNECTS, most_within_a_second, storm
from tests.soak.parts.camera_sites import Watched

SMALL = ClipPlan(width=320, height=192, keyframes=5)


@pytest.mark.slow
async def test_who_is_lost_together_comes_back_in_turn(tmp_path: Path) -> None:
    """More of them than are connected to in a second."""
    watched = Watched(26, 2, check_seconds=60, clip=SMALL, scenes=1)
    outcome = await storm(tmp_path / "hub", "one machine", watched, away_seconds=0.5)
    assert 10 < outcome.connects <= MOST_CONNECTS
    assert set(outcome.alarms) <= {"diem-001", "diem-002"}


@pytest.mark.parametrize(
    ("times", "most"),
    [([], 0), ([1.0], 1), ([0, 0.5, 1.0, 1.5], 3), ([0, 1.1, 2.2], 1), ([0, 3, 3.1, 3.2], 3)],
)
def test_most_within_a_second(times: list[float], most: int) -> None:
    assert most_within_a_second(times) == most
