"""The soak of notices, small."""

from pathlib import Path

import pytest

from tests.soak.notices import run


@pytest.mark.slow
async def test_nothing_is_lost_when_the_hub_is_killed(tmp_path: Path) -> None:
    course = await run(tmp_path, alarms=8, kills=1)
    assert course.wrong == []
    assert (course.alarms, course.kills) == (8, 1)
    assert course.accepted == 8 + course.twice
