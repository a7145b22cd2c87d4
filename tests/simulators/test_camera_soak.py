"""A small run of the soak's own machinery: real processes, cameras that are lost and come back together."""

import asyncio
from pathlib import Path

import pytest

pytest.importorskip("av")
pytest.importorskip("cv2")

from simulators.cameras.clip_plans import ClipPlan
from tests.fire.installation import Installation
from tests.fire.patience import until_told
from tests.soak.cameras import MOST_CONNECTS, lost_and_back, most_within_a_second
from tests.soak.parts.camera_sites import Watched, camera_sites

SMALL = ClipPlan(width=320, height=192, keyframes=5)


@pytest.mark.slow
async def test_who_is_lost_together_comes_back_in_turn(tmp_path: Path) -> None:
    """More of them than are connected to in a second. A truth that knows nothing of it calls it made up."""
    watched = Watched(26, 2, check_seconds=60, clip=SMALL, scenes=1)
    async with camera_sites(Installation.make(tmp_path / "hub", "one machine"), watched) as sites:
        await sites.until_online()
        before = await asyncio.to_thread(sites.compared)
        assert (before.wrong, before.cameras) == ([], 26)
        outcome = await lost_and_back(sites, away_seconds=0.2)
        assert 10 < outcome.connects <= MOST_CONNECTS

        async def told() -> bool:
            wrong = (await asyncio.to_thread(sites.compared)).wrong
            return {line.partition(":")[0] for line in wrong if "OFFLINE" in line} == set(sites.server.states)

        await until_told(told, "the log tells of each that it was lost")


@pytest.mark.parametrize(
    ("times", "most"),
    [([], 0), ([1.0], 1), ([0, 0.5, 1.0, 1.5], 3), ([0, 1.1, 2.2], 1), ([0, 3, 3.1, 3.2], 3)],
)
def test_most_within_a_second(times: list[float], most: int) -> None:
    assert most_within_a_second(times) == most
