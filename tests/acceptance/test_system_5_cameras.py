"""System 5 of the plan: cameras at field hospitals and quarantine sites; how long each of them watched."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from storage.contract import Arrival
from tests.acceptance.device_province import Standing, facilities, local, standing_hub
from tests.api.conftest import database  # noqa: F401
from tests.conformance.camera_arrivals import MINUTE, told
from tests.postgres.server import PostgresServer

SITE = "bv-da-chien-1"
DAY = {"date": "2021-08-04"}


@pytest.fixture
async def hub(tmp_path: Path, database: PostgresServer | None) -> AsyncIterator[Standing]:  # noqa: F811
    async with standing_hub(tmp_path, database) as made:
        yield made


def stood(device: str, state: str, begin: str, end: str, first_seq: int) -> list[Arrival]:
    """A telling every five minutes from ``begin`` to ``end``, as edges send them."""
    since, until = local(begin), local(end)
    moments = [*range(since, until, 5 * MINUTE), until]
    named: dict[str, Any] = {"device": device, "site": SITE}
    return [told(state, since, at, first_seq + number, **named) for number, at in enumerate(moments)]


def day() -> list[Arrival]:
    """One watched all day, one was unplugged for six hours, of one nothing was heard for twelve."""
    return [
        *stood("cam-1", "ONLINE", "2021-08-03T23:50", "2021-08-05T00:10", 1),
        *stood("cam-2", "ONLINE", "2021-08-03T23:50", "2021-08-04T06:00", 1_001),
        *stood("cam-2", "OFFLINE", "2021-08-04T06:00", "2021-08-04T12:00", 2_001),
        *stood("cam-2", "ONLINE", "2021-08-04T12:00", "2021-08-05T00:10", 3_001),
        *stood("cam-3", "ONLINE", "2021-08-04T00:00", "2021-08-04T12:00", 4_001),
    ]


async def test_uptime_of_what_is_known_and_silence_apart(hub: Standing) -> None:
    await hub.came([*day(), *facilities()])
    cameras = await hub.table("camera-uptime", "by_camera", **DAY)
    assert (cameras["cam-1"]["uptime"], cameras["cam-1"]["unknown"]) == (100.0, 0.0)
    unplugged = cameras["cam-2"]
    assert (unplugged["uptime"], unplugged["down_minutes"]) == (75.0, 360)
    assert (unplugged["outages"], unplugged["reconnects"], unplugged["unknown"]) == (1, 1, 0.0)
    silent = cameras["cam-3"]
    assert (silent["uptime"], silent["unknown"], silent["down_minutes"]) == (100.0, 50.0, 0)
    (site,) = [
        row for key, row in (await hub.table("camera-uptime", "by_site", **DAY)).items() if key == SITE
    ]
    assert (site["cameras"], site["uptime"]) == (3, 90.0)
    assert site["unknown"] == pytest.approx(100 * 12 / 72, abs=0.01)
    await hub.same_again("camera-uptime", **DAY)


async def test_a_day_that_goes_on_is_told_as_far_as_the_log_knows(hub: Standing) -> None:
    await hub.came(stood("cam-1", "ONLINE", "2021-08-05T00:00", "2021-08-05T09:00", 1))
    told_today = await hub.get("reports/camera-uptime", date="2021-08-05")
    assert [note["code"] for note in told_today["report"]["content"]["notes"]] == ["day_goes_on"]
    cameras = await hub.table("camera-uptime", "by_camera", date="2021-08-05")
    assert (cameras["cam-1"]["uptime"], cameras["cam-1"]["unknown"]) == (100.0, 0.0)


async def test_a_late_telling_is_a_new_revision_and_the_old_one_cannot_be_told_again(hub: Standing) -> None:
    """The store's tables of cameras have no past: 410, and never other data under an old number."""
    await hub.came(stood("cam-1", "ONLINE", "2021-08-04T00:00", "2021-08-04T12:00", 1))
    first = await hub.get("reports/camera-uptime", **DAY)
    await hub.came(stood("cam-1", "OFFLINE", "2021-08-04T12:00", "2021-08-05T00:10", 1_001))
    second = await hub.get("reports/camera-uptime", **DAY)
    assert (first["revision"], second["revision"]) == (1, 2)
    gone = await hub.client.get("/api/v1/reports/camera-uptime", params=DAY | {"revision": "1"})
    assert (gone.status_code, gone.json()["code"]) == (410, "report.not_reproducible")
