"""Units of the cold chain by time to damage, as a route tells them."""

import httpx
import msgspec

from hub.alarms.profiles import load_profile
from hub.events import format_time
from hub.payloads import Reading
from storage.contract import Batch
from storage.incidents import AlarmChanges, AlarmSetting
from tests.api.conftest import NOW_MS, Stage
from tests.api.province import HOUR_MS, MINUTE_MS, Writer


async def _judge(writer: Writer) -> None:
    """From now on the rules for a fridge are known."""
    profile = load_profile("fridge")
    setting = AlarmSetting(f"profile/{profile.label}/0", 0, msgspec.json.encode(profile))
    await writer.store.write(Batch(writer.store.term, alarms=AlarmChanges(0, settings=[setting])))


async def test_units_come_by_time_to_damage(client: httpx.AsyncClient, stage: Stage) -> None:
    object.__setattr__(stage.deck, "now_ms", lambda: NOW_MS)
    await _judge(stage.writer)
    since = NOW_MS - 90 * MINUTE_MS
    for time_ms in range(since, NOW_MS + 1, 5 * MINUTE_MS):
        told = Reading(metric="temp.vaccine", value=9.0, unit="Cel")
        await stage.writer.put(told, "tu-lanh-01", "kho-vac-xin", time_ms)
    items = (await client.get("/api/v1/units")).json()["items"]
    first = items[0]
    assert (first["id"], first["group"], first["watched"], first["value"]) == (
        "tu-lanh-01",
        "damage",
        True,
        9.0,
    )
    at = format_time(since + 10 * HOUR_MS)
    assert first["damage"] == {"at": at, "basis": "run", "kind": "HEAT", "estimate": False}
    by_name = {item["id"]: item for item in items}
    warm, silent = by_name["tu-lanh-05"], by_name["tu-lanh-04"]
    assert (warm["group"], warm["why"], warm["watched"], warm["damage"]) == ("damage", "warm", False, None)
    assert (silent["group"], silent["condition"], silent["why"]) == ("unknown", "unknown", "silent")
    groups = [item["group"] for item in items]
    assert groups == sorted(groups, key=["damage", "unknown", "calm", "resting"].index)
    assert len(items) == len(by_name) == 10
