import httpx
import pytest

from api.answers import COMMON
from hub.events import format_time
from hub.payloads import DeviceStatus
from tests.api.conftest import NOW_MS, Stage
from tests.api.province import MINUTE_MS, result

LISTS = [
    "sites",
    "devices",
    "results",
    "readings?device=tu-lanh-01&to=" + format_time(NOW_MS),
    "readings/latest",
    "readings/curves?device=tu-lanh-01&to=" + format_time(NOW_MS),
    "quarantine",
    "events",
    "units",
]


@pytest.mark.parametrize("path", LISTS)
async def test_every_item_of_every_list_repeats_the_common_fields(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert set(told) == {"items", "next_cursor"}
    assert told["items"]
    assert all(set(COMMON) <= set(item) for item in told["items"])


async def test_results_page_through_newest_first_without_repeats(client: httpx.AsyncClient) -> None:
    seen, cursor = [], ""
    while True:
        told = (await client.get(f"/api/v1/results?limit=7{cursor}")).json()
        seen += [item["specimen"] for item in told["items"]]
        if told["next_cursor"] is None:
            break
        cursor = f"&cursor={told['next_cursor']}"
    assert seen == [f"TN2611-{n:04d}" for n in reversed(range(60))]


async def test_results_by_every_filter(client: httpx.AsyncClient) -> None:
    start, end = format_time(NOW_MS - 40 * MINUTE_MS), format_time(NOW_MS - 20 * MINUTE_MS)
    query = f"site=bv-thong-nhat&device=genexpert-01&call=NEG&from={start}&to={end}"
    items = (await client.get(f"/api/v1/results?{query}")).json()["items"]
    assert items
    assert {(item["site"], item["device"], item["call"]) for item in items} == {
        ("bv-thong-nhat", "genexpert-01", "NEG")
    }
    assert all(start <= item["time"] < end for item in items)
    one = (await client.get("/api/v1/results?specimen=TN2611-0007")).json()["items"]
    assert [item["specimen"] for item in one] == ["TN2611-0007"]


async def test_time_with_offset_also_when_the_plus_was_not_escaped(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/results?from=2026-11-22T13:00:00+07:00")
    assert answer.status_code == 200
    assert min(item["time"] for item in answer.json()["items"]) >= "2026-11-22T06:00:00.000Z"


async def test_a_result_is_found_by_the_id_of_any_version(stage: Stage, client: httpx.AsyncClient) -> None:
    first = await stage.writer.put(result("S1", "POS"), "genexpert-01", "bv-thong-nhat", NOW_MS, key="S1")
    second = await stage.writer.put(
        result("S1", "NEG", status="C"),
        "genexpert-01",
        "bv-thong-nhat",
        NOW_MS,
        key="S1",
        supersedes=first.id,
    )
    for name in (first.id, second.id):
        told = (await client.get(f"/api/v1/results/{name}")).json()
        assert [version["call"] for version in told["versions"]] == ["POS", "NEG"]
        assert told["call"] == "NEG"


async def test_steps_of_readings(client: httpx.AsyncClient) -> None:
    span = f"from={format_time(NOW_MS - 60 * MINUTE_MS)}&to={format_time(NOW_MS)}"
    items = (await client.get(f"/api/v1/readings?device=tu-lanh-01&step=10m&{span}")).json()["items"]
    assert len(items) in {6, 7}
    assert all(item["min"] <= item["mean"] <= item["max"] and item["count"] for item in items)


async def test_curves_are_the_steps_of_several_devices(client: httpx.AsyncClient) -> None:
    span = f"step=1h&from={format_time(NOW_MS - 300 * MINUTE_MS)}&to={format_time(NOW_MS)}"
    both = f"device=tu-lanh-01&device=tu-lanh-02&limit=1000&{span}"
    items = (await client.get(f"/api/v1/readings?{both}")).json()["items"]
    curves = (await client.get(f"/api/v1/readings/curves?{both.replace('limit=1000&', '')}")).json()["items"]
    assert {curve["device"] for curve in curves} == {"tu-lanh-01", "tu-lanh-02"}
    told = {
        (curve["device"], curve["metric"], format_time(start), mean, count)
        for curve in curves
        for start, mean, count in zip(curve["start_ms"], curve["mean"], curve["count"], strict=True)
    }
    assert told == {
        tuple(item[name] for name in ("device", "metric", "time", "mean", "count")) for item in items
    }


async def test_device_that_was_never_heard_is_unknown(stage: Stage, client: httpx.AsyncClient) -> None:
    told = (await client.get("/api/v1/devices/cobas-01")).json()
    assert (told["state"], told["reason"]) == ("OFFLINE", "link.refused")
    items = (await client.get("/api/v1/devices")).json()["items"]
    assert [item["id"] for item in items] == sorted(item["id"] for item in items)


async def test_a_wrong_clock_is_told_with_its_offset(stage: Stage, client: httpx.AsyncClient) -> None:
    since = format_time(NOW_MS)
    payload = DeviceStatus("DEGRADED", "clock_wrong", since, since, clock_offset_s=-25_201.0)
    await stage.writer.put(payload, "cobas-01", "bv-thong-nhat", NOW_MS)
    told = (await client.get("/api/v1/devices/cobas-01")).json()
    assert (told["state"], told["reason"], told["clock_offset_s"]) == ("DEGRADED", "clock_wrong", -25_201)


async def test_replay_tells_who_asked_and_what_came_of_it(stage: Stage, client: httpx.AsyncClient) -> None:
    entry = (await client.get("/api/v1/quarantine?state=WAITING")).json()["items"][0]["id"]
    answer = await client.post(f"/api/v1/quarantine/{entry}/replay")
    assert answer.json() == {"outcome": "done", "reason": "", "events": 2}
    assert stage.hub.asked == [{"entry": entry, "by": "local"}]
    stage.hub.answers["replay"] = {"outcome": "refused", "reason": "adapter.absent", "events": 0}
    refused = await client.post(f"/api/v1/quarantine/{entry}/replay")
    assert (refused.status_code, refused.json()["reason"]) == (409, "adapter.absent")
    stage.hub.answers["replay"] = {"outcome": "failed", "reason": "capture.lost", "events": 0}
    assert (await client.post(f"/api/v1/quarantine/{entry}/replay")).status_code == 502


async def test_events_follow_the_log(client: httpx.AsyncClient) -> None:
    first = (await client.get("/api/v1/events?limit=5")).json()
    assert [item["number"] for item in first["items"]] == [1, 2, 3, 4, 5]
    second = (await client.get(f"/api/v1/events?limit=1000&after={first['next_cursor']}")).json()
    assert second["items"][0]["number"] == 6
    assert second["items"][0]["specversion"] == "1.0"
    assert second["next_cursor"] is None


async def test_metrics_are_the_hubs_then_ours(stage: Stage, client: httpx.AsyncClient) -> None:
    await client.get("/api/v1/sites")
    text = (await client.get("/metrics")).text
    assert "epihub_spool_events_waiting 12" in text
    assert 'epihub_api_answers_total{route="/sites",status="200"} 1' in text
    assert "epihub_api_hub_up 1" in text
    await stage.hub.stop()
    text = (await client.get("/metrics")).text
    assert "epihub_api_hub_up 0" in text
    assert "epihub_spool_events_waiting" not in text


async def test_readiness_names_what_is_missing(stage: Stage, client: httpx.AsyncClient) -> None:
    told = (await client.get("/readyz")).json()
    assert told["status"] == "ok"
    assert told["components"]["store_reader"] == {"state": "ok", "reason": ""}
    assert told["components"]["store"]["since"] == "2026-11-22T05:00:00.000Z"
    assert told["components"]["process"]["loop_lag_ms"] == 7
    await stage.hub.stop()
    answer = await client.get("/api/v1/readyz")
    assert answer.status_code == 503
    assert answer.json()["components"]["hub"] == {"state": "down", "reason": "hub.away"}
    assert (await client.get("/healthz")).json() == {"status": "ok"}
