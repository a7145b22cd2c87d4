"""Lots and exposure over the API: a real store, and a real desk behind the hub's socket."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from api.keys import add_key
from hub.events import format_time
from hub.runtime.lot_desk import LotDesk
from tests.api.conftest import NOW_MS, Stage
from tests.api.province import HOUR_MS
from tests.api.test_alarms import SharedReader

URL = "/api/v1/lots"
DAY_MS = 24 * HOUR_MS
NEW: dict[str, Any] = {"unit": "tu-lanh-01", "product": "comirnaty", "expiry": "2027-01-31", "doses": 1170}
in_a_file = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def at(hours: float) -> str:
    return format_time(NOW_MS + round(hours * HOUR_MS))


@pytest.fixture
async def kept(stage: Stage) -> Stage:
    """With the lots' desk of a hub, whose clock stands where the readings end."""
    reader: Any = SharedReader(stage.deck.reader)
    await stage.hub.stop()
    stage.hub.desk = LotDesk(stage.writer.store, lambda: reader, lambda: NOW_MS).calls()
    await stage.hub.start()
    object.__setattr__(stage.deck, "now_ms", lambda: NOW_MS)
    return stage


@pytest.fixture
async def operator(kept: Stage) -> AsyncIterator[httpx.AsyncClient]:
    token = add_key(kept.deck.settings.keys_file, "operator")
    async with kept.client(authorization=f"Bearer {token}") as made:
        yield made


async def place(client: httpx.AsyncClient, lot: str = "FD9234", **body: Any) -> httpx.Response:
    return await client.post(f"{URL}/{lot}/placements", json=body)


async def test_a_lot_is_put_moved_and_taken_out_and_its_clock_follows(operator: httpx.AsyncClient) -> None:
    first = await place(operator, **NEW, **{"from": at(-2)})
    assert first.status_code == 200, first.text
    told = first.json()
    assert (told["device"], told["site"], told["state"], told["doses"]) == (
        "tu-lanh-01",
        "kho-vac-xin",
        "in",
        1170,
    )
    clock = told["clock"]
    assert (clock["thawed"], clock["days_left"], clock["flags"]) == (at(-2), 30, [])
    assert clock["discard_after"] == format_time(NOW_MS - 2 * HOUR_MS + 31 * DAY_MS)
    assert 1.5 < clock["fridge_days"] * 24 <= 2
    moved = (await place(operator, unit="tu-lanh-02", **{"from": at(-1)})).json()
    assert (moved["device"], moved["product"]["id"], moved["expiry"]) == (
        "tu-lanh-02",
        "comirnaty",
        "2027-01-31",
    )
    out = (await place(operator, reason="used")).json()
    assert (out["state"], out["device"], out["reason"]) == ("out", None, "used")
    assert [row["number"] for row in out["placements"]] == [1, 2, 3]
    assert {row["actor"] for row in out["placements"]} != {"local"}
    assert (await operator.get(f"{URL}/FD9234")).json() == out


@in_a_file
async def test_lots_are_listed_and_found(operator: httpx.AsyncClient) -> None:
    for name, unit in (("B", "tu-lanh-01"), ("A", "tu-lanh-02"), ("C", "tu-lanh-01")):
        assert (await place(operator, name, **NEW | {"unit": unit}, **{"from": at(-1)})).status_code == 200
    assert (await place(operator, "C", reason="sent")).status_code == 200

    async def names(query: str) -> list[str]:
        return [row["id"] for row in (await operator.get(f"{URL}?{query}")).json()["items"]]

    assert await names("") == ["A", "B", "C"]
    assert await names("unit=tu-lanh-01") == ["B", "C"]
    assert await names("unit=tu-lanh-01&state=in") == ["B"]
    assert await names("product=vero-cell") == []
    page = (await operator.get(f"{URL}?limit=2")).json()
    assert page["next_cursor"] == "B"
    assert await names("limit=2&cursor=B") == ["C"]
    assert (await operator.get(f"{URL}?cursor=%00")).status_code == 400
    assert "clock" not in page["items"][0]


@in_a_file
async def test_a_part_of_a_lot_has_a_clock_of_its_own_with_the_history_of_the_whole(
    operator: httpx.AsyncClient,
) -> None:
    await place(operator, **NEW, **{"from": at(-2)})
    part = (await place(operator, "FD9234~2", unit="tu-lanh-03", **{"from": at(-1)})).json()
    assert (part["part_of"], part["product"]["id"], part["clock"]["from"]) == ("FD9234", "comirnaty", at(-2))
    assert part["clock"]["thawed"] == at(-2)


@in_a_file
async def test_what_was_wrong_is_corrected_and_stays_visible(operator: httpx.AsyncClient) -> None:
    await place(operator, **NEW, **{"from": at(-2)})
    wrong = (await place(operator, unit="tu-dong-01", **{"from": at(-1)})).json()
    assert wrong["device"] == "tu-dong-01"
    assert wrong["clock"]["frozen"] == at(-1)
    assert wrong["clock"]["flags"] == ["REFROZEN"]
    right = (await place(operator, unit="tu-lanh-02", corrects=2, **{"from": at(-1)})).json()
    assert (right["device"], right["clock"]["flags"]) == ("tu-lanh-02", [])
    assert [row["corrects"] for row in right["placements"]] == [None, None, 2]


@in_a_file
async def test_what_is_refused_says_why(operator: httpx.AsyncClient, kept: Stage) -> None:
    refused = await place(operator, unit="tu-lanh-01", product="aspirin", expiry="2027-01-31")
    assert (refused.status_code, refused.json()["reason"]) == (409, "lot.unknown_product")
    assert (await place(operator, unit="tu-lanh-01")).json()["reason"] == "lot.unknown_product"
    assert (await place(operator, unit="tu-lanh-01", product="epi")).json()["reason"] == "lot.bad_expiry"
    assert (await place(operator, unit="nobodys-fridge", product="epi")).json()["code"] == "device.unknown"
    assert (await operator.get(f"{URL}/FD9234")).json()["code"] == "lot.unknown"
    for wrong in ({"unit": "Tủ"}, {"doses": 0}, {"expiry": "soon"}, {"note": "x"}, {"reason": "eaten"}):
        assert (await place(operator, **NEW | wrong)).status_code == 422
    assert (await place(operator, "a b", **NEW)).status_code == 422
    twice = [await place(operator, **NEW, **{"from": at(-1)}) for _ in range(2)]
    assert [len(answer.json()["placements"]) for answer in twice] == [1, 1]
    reporter = add_key(kept.deck.settings.keys_file, "reporter")
    async with kept.client(authorization=f"Bearer {reporter}") as client:
        assert (await place(client, **NEW)).status_code == 403
        assert (await client.get(f"{URL}/FD9234")).status_code == 200


@in_a_file
async def test_exposure_of_a_unit(operator: httpx.AsyncClient) -> None:
    told = (await operator.get(f"/api/v1/devices/tu-lanh-01/exposure?from={at(-4)}&to={at(1)}")).json()
    assert (told["from"], told["to"], told["minutes"]) == (at(-4), at(0), 240)
    parts = ("inside_minutes", "above_minutes", "below_minutes", "unseen_minutes")
    assert 236 <= sum(told[name] for name in parts) <= 240
    assert 119 <= told["unseen_minutes"] <= 123
    assert (told["low"], told["high"], told["hold_seconds"]) == (2.0, 8.0, 1800)
    assert told["min"] <= told["mean"] <= told["mean_kinetic"] <= told["max"]
    assert told["gaps"][0]["from"] == at(-4)
    freezer = (await operator.get("/api/v1/devices/tu-dong-01/exposure")).json()
    assert (freezer["low"], freezer["freezing_minutes"]) == (-25.0, None)
    silent = (await operator.get(f"/api/v1/devices/genexpert-01/exposure?to={at(-9)}")).json()
    assert (silent["completeness_percent"], silent["inside_minutes"], silent["mean_kinetic"]) == (0, 0, None)


@in_a_file
async def test_exposure_has_its_bounds(operator: httpx.AsyncClient) -> None:
    async def code(query: str) -> str:
        answer = await operator.get(f"/api/v1/devices/tu-lanh-01/exposure?{query}")
        return str(answer.json()["code"])

    assert await code(f"from={at(1)}") == "range.empty"
    assert await code("from=2020-01-01T00:00:00Z") == "range.too_long"
    assert await code("window_hours=0") == "request.invalid"
    assert (await operator.get("/api/v1/devices/none/exposure")).status_code == 404
