"""System 2 of the plan: 645 of 16,116 workplaces assessed their risk, in five classes."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.people_province import DISTRICTS, People, people_hub
from tests.api.conftest import database  # noqa: F401
from tests.postgres.server import PostgresServer

pytestmark = pytest.mark.slow
LEVELS = {"very_high": 0, "high": 21, "medium": 30, "low": 276, "little": 318}
DAY = {"date": "2021-08-04"}


@pytest.fixture
async def hub(tmp_path: Path, database: PostgresServer | None) -> AsyncIterator[People]:  # noqa: F811
    async with people_hub(tmp_path, database) as made:
        yield made


def assessment(at: int, level: str, submitted: str = "2021-08-01T08:00:00+07:00") -> dict[str, Any]:
    district = DISTRICTS[at % len(DISTRICTS)]
    return {"workplace": f"DN-{at}", "district": district, "level": level, "submitted": submitted}


def assessments() -> list[dict[str, Any]]:
    levels = [level for level, number in LEVELS.items() for _ in range(number)]
    return [assessment(at, level) for at, level in enumerate(levels)]


async def told(hub: People, **asked: Any) -> dict[str, Any]:
    levels = await hub.table("workplace-risk", "levels", **(asked or DAY))
    return {level: row["workplaces"] for level, row in levels.items()}


async def test_645_of_16116_in_five_classes(hub: People) -> None:
    reference = {"name": "workplaces", "valid_from": "2021-07-01", "value": 16116}
    await hub.sent("reference", [reference])
    await hub.sent("assessment", assessments())
    assert await told(hub) == {**LEVELS, "total": 645}
    total = (await hub.table("workplace-risk", "districts", **DAY))["total"]
    assert (total["reported"], total["workplaces"], total["share"]) == (645, 16116, 4.0)
    await hub.same_again("workplace-risk", **DAY)


async def test_a_second_assessment_replaces_the_first_in_whatever_order_they_come(hub: People) -> None:
    again = [assessment(at, "high", "2021-08-03T08:00:00+07:00") for at in range(600, 610)]
    await hub.sent("assessment", [*again, *assessments()], seed=2)
    assert await told(hub) == {**LEVELS, "high": 31, "little": 308, "total": 645}


async def test_a_later_assessment_does_not_take_the_workplace_out_of_an_earlier_day(hub: People) -> None:
    later = [assessment(at, "high", "2021-08-05T08:00:00+07:00") for at in range(600, 610)]
    await hub.sent("assessment", [*assessments(), *later], times=1)
    assert await told(hub) == {**LEVELS, "total": 645}
    assert await told(hub, date="2021-08-05") == {**LEVELS, "high": 31, "little": 308, "total": 645}


async def test_a_sixth_class_is_refused_with_its_place(hub: People) -> None:
    wrong = [*assessments()[:3], assessment(9, "extreme")]
    answer = await hub.client.post("/api/v1/intake/assessment", json=wrong)
    assert answer.status_code == 422
    assert "3.level" in answer.text
    assert (await told(hub))["total"] == 0
