from collections.abc import AsyncIterator
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import Stage
from tests.api.province import HOSTILE

NOBODY = "00000000-0000-8000-8000-000000000000"
CASES = {
    "/api/v1/nothing": (404, "http.not_found"),
    f"/api/v1/results/{NOBODY}": (404, "result.unknown"),
    "/api/v1/results/..": (404, "http.not_found"),
    "/api/v1/results/%00": (404, "result.unknown"),
    "/api/v1/devices/none": (404, "device.unknown"),
    "/api/v1/devices/%3Cb%3E": (422, "request.invalid"),
    "/api/v1/results?cursor=zzz": (400, "cursor.bad"),
    "/api/v1/quarantine?cursor=%C4%91": (400, "cursor.bad"),
    "/api/v1/results?limit=0": (422, "request.invalid"),
    "/api/v1/results?limit=1001": (422, "request.invalid"),
    "/api/v1/results?devcie=genexpert-01": (422, "request.invalid"),
    "/api/v1/results?from=2026-11-22": (422, "request.invalid"),
    "/api/v1/results?from=2026-11-22T00:00:00": (422, "request.invalid"),
    "/api/v1/readings": (422, "request.invalid"),
    "/api/v1/readings?device=a&from=2020-01-01T00:00:00Z": (422, "range.too_long"),
    "/api/v1/readings?device=a&from=2020-01-01T00:00:00Z&step=1s": (422, "range.too_many_steps"),
    "/api/v1/readings?device=a&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z": (422, "range.empty"),
    "/api/v1/readings?device=a&step=0m": (422, "request.invalid"),
    "/api/v1/readings?" + "&".join(f"device=a{n}" for n in range(201)): (422, "request.invalid"),
    "/api/v1/readings/curves?device=a&step=1s": (422, "range.too_many_steps"),
    "/api/v1/events?after=-1": (422, "request.invalid"),
    "/api/v1/events?after=99999999999999999999": (422, "request.invalid"),
    "/api/v1/stream?after=999999": (410, "cursor.gone"),
    "/api/v1/results?specimen=" + "x" * 9000: (414, "request.target_too_long"),
}


@pytest.mark.parametrize("path", CASES)
async def test_wrong_requests_get_their_problem(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    told = answer.json()
    assert (answer.status_code, told["code"]) == CASES[path]
    assert answer.headers["content-type"] == "application/problem+json"
    assert told["status"] == answer.status_code
    assert told["type"] == f"urn:epihub:problem:{told['code']}"
    assert answer.headers["content-security-policy"]


async def test_wrong_fields_are_listed_without_their_values(client: httpx.AsyncClient) -> None:
    answer = await client.get(
        "/api/v1/results", params={"limit": HOSTILE, "from": "Nguyễn Văn A", "x": "075123456789"}
    )
    assert {one["field"] for one in answer.json()["errors"]} == {"query.limit", "query.from", "query.x"}
    assert not any(secret in answer.text for secret in ("Nguyễn", "onerror", "075123456789"))


async def test_wrong_method(client: httpx.AsyncClient) -> None:
    answer = await client.delete("/api/v1/results")
    assert (answer.status_code, answer.json()["code"]) == (405, "http.method_not_allowed")
    assert answer.headers["allow"] == "GET"


async def test_hub_away_is_503(stage: Stage, client: httpx.AsyncClient) -> None:
    entry = (await client.get("/api/v1/quarantine")).json()["items"][0]["id"]
    await stage.hub.stop()
    answer = await client.post(f"/api/v1/quarantine/{entry}/replay")
    assert (answer.status_code, answer.json()["code"]) == (503, "hub.away")


async def test_store_away_is_503(stage: Stage, client: httpx.AsyncClient) -> None:
    await stage.deck.reader.close()
    answer = await client.get("/api/v1/results")
    assert (answer.status_code, answer.json()["code"]) == (503, "store.unavailable")
    assert (await client.get("/readyz")).json()["components"]["store_reader"]["reason"] == "store.unavailable"


async def test_a_body_over_the_limit_is_refused_before_it_is_read(client: httpx.AsyncClient) -> None:
    answer = await client.post(f"/api/v1/quarantine/{NOBODY}/replay", content=b"x" * ((1 << 20) + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")


async def test_a_body_without_a_declared_size_is_cut_off_at_the_limit(client: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * (1 << 16)

    answer = await client.post("/api/v1/ingest/tu-lanh-01", content=endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")


ANYTHING = st.text(st.characters(codec="utf-8"), max_size=30)
VALUES = ANYTHING | st.sampled_from(["1", "0", "-1", "tu-lanh-01", "2026-11-22T00:00:00Z", "9" * 20, "1d"])
NAMES = st.sampled_from(
    [
        "limit",
        "cursor",
        "after",
        "specimen",
        "site",
        "device",
        "call",
        "from",
        "to",
        "step",
        "metric",
        "state",
        "x",
    ]
)
PATHS = ["results", "readings", "events", "quarantine", "devices/{}", "results/{}", "sites"]


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), part=ANYTHING, query=st.dictionaries(NAMES, VALUES, max_size=4))
async def test_no_query_whatever_brings_the_server_down(
    client: httpx.AsyncClient, path: str, part: str, query: dict[str, str]
) -> None:
    answer = await client.get("/api/v1/" + path.format(quote(part, safe="")), params=query)
    assert answer.status_code in {200, 400, 404, 410, 422, 307}, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"


async def test_an_unexpected_error_shows_nothing_of_itself(
    stage: Stage, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("bệnh nhân 075123456789")

    monkeypatch.setattr(type(stage.deck.inventory), "sites", broken)
    answer = await client.get("/api/v1/sites")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "075123456789" not in answer.text
    assert "RuntimeError" not in answer.text
