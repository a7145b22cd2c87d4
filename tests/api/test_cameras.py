"""Cameras: how each stands and stood, over a real store."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from api.routes.cameras import EXAMPLE
from hub.events import format_time
from hub.payloads import CameraHealth, DeviceStatus, Reading
from tests.api.conftest import NOW_MS, Stage
from tests.api.province import EDGE, HOUR_MS, MINUTE_MS

SITE, DOOR, YARD = "kho-vac-xin", "cam-cua", "cam-san"


async def tell(stage: Stage, state: Any, since_ms: int, at_ms: int, device: str = DOOR, **more: Any) -> None:
    reason = more.pop("reason", "watching")
    payload = CameraHealth(state, reason, format_time(since_ms), **more)
    await stage.writer.put(payload, device, more.pop("site", SITE), at_ms, received_ms=at_ms)


async def asked(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    answer = await client.get(f"/api/v1/cameras{path}")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.fixture
async def watched(stage: Stage) -> Stage:
    """A camera that was away for half an hour, one whose picture is blurred, one that nobody ever heard."""
    never = {"id": "cam-moi", "site": "bv-thong-nhat", "kind": "rtsp"}
    settings = replace(stage.deck.settings, devices=[*stage.deck.settings.devices, never])
    inventory = type(stage.deck.inventory)(settings, stage.deck.reader.devices)
    stage.app.state.deck = replace(stage.deck, settings=settings, inventory=inventory, now_ms=lambda: NOW_MS)
    begin = NOW_MS - 24 * HOUR_MS
    await tell(stage, "ONLINE", begin - HOUR_MS, begin + 2 * HOUR_MS)
    await tell(stage, "OFFLINE", begin + 2 * HOUR_MS, begin + 2 * HOUR_MS, reason="stall")
    await tell(stage, "OFFLINE", begin + 2 * HOUR_MS, begin + 150 * MINUTE_MS, reason="stall")
    await tell(stage, "ONLINE", begin + 150 * MINUTE_MS, NOW_MS - MINUTE_MS, fps=25.0, bitrate=4e5, loss=0.0)
    seen: dict[str, Any] = {"faults": ("blur",), "picture": {"blur": 1.31, "black": 0.02}, "night": False}
    more = {"switch": "sw-1", "link": "https://nvr.example/1", "snapshot": False, "check_seconds": 10.0}
    blurred = NOW_MS - 3 * HOUR_MS
    await tell(stage, "DEGRADED", blurred, NOW_MS - 2000, YARD, reason="blur", **seen, **more)
    return stage


async def test_every_camera_as_it_stands(watched: Stage, client: httpx.AsyncClient) -> None:
    items = (await asked(client, ""))["items"]
    assert [(row["id"], row["state"], row["reason"]) for row in items] == [
        (DOOR, "ONLINE", "watching"),
        ("cam-moi", "UNKNOWN", "device.never_heard"),
        (YARD, "DEGRADED", "blur"),
    ]
    door, never, yard = items
    assert (door["fps"], door["bitrate"], door["age_s"], door["edge"]) == (25.0, 4e5, 60.0, EDGE)
    assert (yard["faults"], yard["scores"], yard["night"]) == (["blur"], {"blur": 1.31, "black": 0.02}, False)
    assert (yard["switch"], yard["snapshot"], yard["check_seconds"]) == ("sw-1", False, 10.0)
    assert yard["since"] == format_time(NOW_MS - 3 * HOUR_MS)
    assert (never["time"], never["age_s"], never["faults"], never["configured"]) == (None, None, [], True)
    assert set(never) == set(door) == set(EXAMPLE), "one shape for all, and that of the description"
    assert [row["id"] for row in (await asked(client, "?site=bv-thong-nhat"))["items"]] == ["cam-moi"]
    assert [row["id"] for row in (await asked(client, f"?site={SITE}&state=DEGRADED"))["items"]] == [YARD]
    assert await asked(client, f"/{YARD}") == yard


async def test_what_is_old_is_not_known(watched: Stage, client: httpx.AsyncClient) -> None:
    watched.app.state.deck = replace(watched.app.state.deck, now_ms=lambda: NOW_MS + 10 * MINUTE_MS + 1)
    door = await asked(client, f"/{DOOR}")
    assert (door["state"], door["reason"], door["fps"], door["loss"]) == (
        "UNKNOWN", "camera.silent", None, None,
    )  # fmt: skip
    assert door["since"] == door["time"] == format_time(NOW_MS - MINUTE_MS)
    yard = await asked(client, f"/{YARD}")
    assert yard["state"] == "DEGRADED", "it was heard a minute later"


async def test_cameras_of_an_edge_that_is_away_are_not_known(
    watched: Stage, client: httpx.AsyncClient
) -> None:
    away = DeviceStatus("OFFLINE", "edge.will", format_time(NOW_MS), kind="edge")
    await watched.writer.put(away, EDGE, SITE, NOW_MS)
    yard = await asked(client, f"/{YARD}")
    assert (yard["state"], yard["reason"], yard["faults"]) == ("UNKNOWN", "edge_offline", [])


async def test_a_day_of_a_camera(watched: Stage, client: httpx.AsyncClient) -> None:
    for n in range(30):
        at_ms = NOW_MS - 2 * HOUR_MS + n * MINUTE_MS
        await watched.writer.put(Reading("camera.fps", 20.0 + n % 3, "1/s"), DOOR, SITE, at_ms)
        await watched.writer.put(Reading("clock.skew_s", 1.0, "s"), DOOR, SITE, at_ms)
    told = await asked(client, f"/{DOOR}/timeline")
    assert [(row["state"], row["reason"]) for row in told["periods"]] == [
        ("ONLINE", "watching"), ("OFFLINE", "stall"), ("ONLINE", "watching"),
    ]  # fmt: skip
    assert told["seconds"] == {"up": 84600.0, "down": 1800.0, "maintenance": 0.0, "unknown": 0.0}
    assert told["uptime"] == told["uptime_without_maintenance"] == pytest.approx(84600 / 86400, abs=1e-9)
    assert (told["outages"], told["reconnects"], told["mtbf_s"], told["unknown_share"]) == (1, 1, 84600.0, 0)
    assert (told["from"], told["to"]) == (format_time(NOW_MS - 24 * HOUR_MS), format_time(NOW_MS))
    assert list(told["curves"]) == ["fps"]
    assert (told["step_s"], max(told["curves"]["fps"]["max"])) == (600, 22.0)


async def test_a_month_of_a_camera_says_what_nobody_knows(watched: Stage, client: httpx.AsyncClient) -> None:
    begin = NOW_MS - 720 * HOUR_MS
    await tell(watched, "MAINTENANCE", begin, begin + 25 * HOUR_MS, YARD, reason="maintenance")
    told = await asked(client, f"/{YARD}/timeline?hours=720")
    assert [row["reason"] for row in told["periods"]] == ["maintenance", "camera.silent", "blur"]
    assert told["seconds"] == {"up": 10800.0, "down": 0.0, "maintenance": 90000.0, "unknown": 2491200.0}
    assert (told["uptime_without_maintenance"], told["mtbf_s"], told["step_s"]) == (1.0, None, 14400)
    assert told["uptime"] == pytest.approx(10800 / 100800)
    never = await asked(client, "/cam-moi/timeline")
    assert (never["uptime"], never["unknown_share"], len(never["periods"])) == (None, 1.0, 1)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/cobas-01", "camera.unknown"),
        ("/cam-x/timeline", "camera.unknown"),
        (f"/{DOOR}/timeline?hours=0", "request.invalid"),
        (f"/{DOOR}/timeline?hours=745", "request.invalid"),
        ("?site=Kho", "request.invalid"),
        ("?state=GONE", "request.invalid"),
    ],
)
async def test_bad_questions_are_refused(
    watched: Stage, client: httpx.AsyncClient, path: str, code: str
) -> None:
    answer = await client.get(f"/api/v1/cameras{path}")
    assert answer.json()["code"] == code


async def test_a_camera_that_changed_too_often_is_asked_about_less(
    watched: Stage, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for dialect in ("sqlite", "postgres"):
        monkeypatch.setattr(f"storage.{dialect}.queries.cameras.MOST_PERIODS", 2)
    answer = await client.get(f"/api/v1/cameras/{DOOR}/timeline")
    assert (answer.status_code, answer.json()["code"]) == (422, "range.too_long")
    assert (await asked(client, f"/{DOOR}/timeline?hours=1"))["uptime"] == 1.0
