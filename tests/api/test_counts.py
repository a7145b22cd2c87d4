"""Counts of results by day and place, over a real store."""

from typing import Any

import httpx
import pytest

from tests.api.conftest import NOW_MS, Stage
from tests.api.province import CALLS, HOUR_MS, result

URL = "/api/v1/results/counts"


async def items(client: httpx.AsyncClient, query: str = "") -> list[dict[str, Any]]:
    answer = await client.get(URL + query)
    assert answer.status_code == 200, answer.text
    told: list[dict[str, Any]] = answer.json()["items"]
    return told


async def test_the_last_days_by_district(client: httpx.AsyncClient) -> None:
    told = await items(client)
    assert [(item["day"], item["district"], item["final"]) for item in told] == [
        ("2026-11-22", "731", 45),
        ("2026-11-22", "732", 15),
    ]
    assert told[0]["time"] == "2026-11-21T17:00:00.000Z"
    assert sum(item["calls"]["POS"] for item in told) == 5 * CALLS.count("POS")
    assert all(sum(item["calls"].values()) == item["final"] for item in told)


async def test_by_site_and_by_test(client: httpx.AsyncClient) -> None:
    told = await items(client, "?by=site,test&district=731")
    assert {(item["site"], item["test"], item["final"], item["day"]) for item in told} == {
        ("bv-thong-nhat", "SARS-CoV-2", 30, None),
        ("bv-da-chien-1", "SARS-CoV-2", 15, None),
    }
    assert await items(client, "?site=bv-thong-nhat&district=732") == []
    assert [item["final"] for item in await items(client, "?site=bv-thong-nhat")] == [30]
    assert await items(client, "?test=FLU") == []
    assert await items(client, "?from=2026-11-23&to=2026-11-24") == []


async def test_stages_controls_and_unknown_sites(stage: Stage, client: httpx.AsyncClient) -> None:
    time_ms = NOW_MS - 72 * HOUR_MS
    for number, (status, control) in enumerate([("P", False), ("C", False), ("X", False), ("F", True)]):
        payload = result(f"S{number}", "POS", status=status, control=control)
        await stage.writer.put(payload, "new-01", "new-site", time_ms)
    (told,) = await items(client, "?to=2026-11-22")
    assert {name: told[name] for name in ("district", "final", "preliminary", "withdrawn")} == {
        "district": None,
        "final": 1,
        "preliminary": 1,
        "withdrawn": 1,
    }


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("from=2026-11-22&to=2026-11-22", "range.empty"),
        ("from=2025-11-20&to=2026-11-22", "range.too_long"),
        ("from=0", "request.invalid"),
        ("from=2026-13-01", "request.invalid"),
        ("to=2026-11-22T00:00:00Z", "request.invalid"),
        ("by=hour", "request.invalid"),
        ("by=day,day,day,day,day", "request.invalid"),
        ("district=%27", "request.invalid"),
        ("patient=1", "request.invalid"),
    ],
)
async def test_what_cannot_be_asked(client: httpx.AsyncClient, query: str, code: str) -> None:
    answer = await client.get(f"{URL}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize("to", ["0001-01-01", "0001-01-02", "9999-12-31"])
async def test_the_first_and_the_last_day_there_are(client: httpx.AsyncClient, to: str) -> None:
    answer = await client.get(f"{URL}?to={to}")
    assert answer.status_code == (422 if to == "0001-01-01" else 200)
