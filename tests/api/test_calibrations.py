"""Calibrations over the API: with a real hub's desk behind it, on both stores."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

from api.keys import add_key
from hub.runtime.alarm_ledger import AlarmLedger
from hub.runtime.alarm_runner import AlarmRunner
from hub.runtime.calibration_desk import CalibrationDesk
from tests.api.conftest import NOW_MS, Stage
from tests.api.test_alarms import SharedReader

URL = "/api/v1/devices/tu-lanh-01/calibrations"
BODY = {"metric": "temperature", "offset": -0.3, "from": "2026-11-22", "certificate": "QUATEST 3, 2026-1184"}


@pytest.fixture
async def judged(stage: Stage) -> AsyncIterator[Stage]:
    """The desk of a running hub in the place of the fake one."""
    reader: Any = SharedReader(stage.deck.reader)
    ledger = AlarmLedger(stage.writer.store, lambda: reader, lambda _: None, lambda: NOW_MS)
    runner = AlarmRunner(ledger, lambda: reader, (), lambda: NOW_MS)
    running = asyncio.create_task(runner.run())
    await stage.hub.stop()
    stage.hub.desk = CalibrationDesk(runner, lambda: reader, "Asia/Ho_Chi_Minh").calls()
    await stage.hub.start()
    yield stage
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


def as_(stage: Stage, name: Any) -> httpx.AsyncClient:
    return stage.client(authorization=f"Bearer {add_key(stage.deck.settings.keys_file, name)}")


async def test_what_is_issued_is_listed_and_corrects_readings(judged: Stage) -> None:
    async with as_(judged, "admin") as admin:
        first = await admin.post(URL, json=BODY)
        assert first.status_code == 200, first.text
        second = await admin.post(URL, json=BODY | {"offset": 0.25, "from": "2026-11-22T13:00:00+07:00"})
        assert [(item["offset"], item["counts"]) for item in second.json()["items"]] == [
            (-0.3, False),
            (0.25, True),
        ]
        (one,) = first.json()["items"]
        assert (one["from"], one["to"], one["type"]) == ("2026-11-21T17:00:00.000Z", None, "calibration")
        span = "from=2026-11-22T05:00:00Z&to=2026-11-22T06:30:00Z&limit=1000"
        told = (await admin.get(f"/api/v1/readings?device=tu-lanh-01&metric=temperature&{span}")).json()
    moved = [
        (item["time"] >= "2026-11-22T06:00", round(item["corrected"] - item["value"], 3))
        for item in told["items"]
    ]
    assert set(moved) == {(False, -0.3), (True, 0.25)}


async def test_what_nobody_corrected_stays_as_it_is(judged: Stage) -> None:
    async with as_(judged, "admin") as admin:
        assert (await admin.post(URL, json=BODY)).status_code == 200
        told = (await admin.get("/api/v1/readings/latest")).json()["items"]
    assert {item["device"] for item in told if "corrected" in item} == {"tu-lanh-01"}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_who_may_and_what_is_refused(judged: Stage) -> None:
    async with as_(judged, "operator") as operator, as_(judged, "admin") as admin:
        assert (await operator.post(URL, json=BODY)).status_code == 403
        assert (await operator.get(URL)).json()["items"] == []
        for wrong in ({"offset": 5.1}, {"from": "soon"}, {"certificate": ""}, {"more": 1}):
            assert (await admin.post(URL, json=BODY | wrong)).status_code == 422
        refused = await admin.post(URL, json=BODY | {"metric": "door.open"})
        assert (refused.status_code, refused.json()["reason"]) == (409, "alarm.no_temperature")
        assert (await admin.post(URL.replace("-01", "-99"), json=BODY)).status_code == 404
        assert (await operator.get(URL)).json()["items"] == []
