"""Orders by the API of a real edge: placed, looked up, cancelled, resulted; nothing of a person in them."""

import json
from typing import Any

import httpx
import msgspec
import pytest
from fastapi import FastAPI
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from api.answers import COMMON
from api.edge.order_schemas import OrderBodies, OrderItem, StandingOrder
from api.keys import Role
from hub.contract import Fact
from hub.edge.ordering import GivenOrder
from hub.payloads import Code, LabResult
from hub.streams.clock import now_ms
from tests.api.clients import keyed
from tests.api.lab_edge import COBAS, GENEXPERT, LabEdge, single
from tests.api.standing_edge import SITE

ORDERS = "/api/v1/orders"
COVID = "94500-6"
NAME = "NGUYỄN THỊ CANARY"


def body(order: str = "O-1", specimen: str = "TN-1", **more: Any) -> dict[str, Any]:
    return {"order": order, "specimen": specimen, "tests": [COVID], **more}


async def place(client: httpx.AsyncClient, *orders: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await client.put(ORDERS, json=list(orders))
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def state_of(client: httpx.AsyncClient, order: str = "O-1") -> str:
    return str((await client.get(f"{ORDERS}/{order}")).json()["state"])


async def test_an_order_is_placed_asked_for_and_resulted(there: LabEdge, client: httpx.AsyncClient) -> None:
    collected = "2026-11-22T13:45:00+07:00"
    (placed,) = await place(client, body(priority="STAT", specimen_type="NP", collected=collected))
    StandingOrder.model_validate(placed)
    assert set(COMMON) <= set(placed)
    assert (placed["id"], placed["type"], placed["site"], placed["device"]) == ("O-1", "order", SITE, None)
    assert (placed["state"], placed["time"]) == ("PLACED", "2026-11-22T06:45:00.000Z")
    assert placed["placed_by"] == "local"

    outlet = there.edge.outlets[GENEXPERT]
    (order,) = await outlet.orders("TN-1")
    assert (order.tests, order.priority, order.specimen_type) == ((COVID,), "STAT", "NP")
    await outlet.handed_over([order])
    assert await state_of(client) == "SENT"

    await there.came(single("TN-1"))
    told = (await client.get(f"{ORDERS}/O-1")).json()
    OrderItem.model_validate(told)
    assert (told["state"], told["sent_to"]) == ("RESULTED", GENEXPERT)
    (result,) = told["results"]
    assert (result["test"], result["device"]) == (COVID, GENEXPERT)
    events = await there.edge.spool._read("SELECT lower(hex(id)) FROM event", ())
    assert result["event"].replace("-", "") in {str(event) for (event,) in events}
    assert await outlet.orders("TN-1") == []


async def test_a_result_that_came_first_is_the_orders(there: LabEdge, client: httpx.AsyncClient) -> None:
    await there.came(single("TN-1"))
    (placed,) = await place(client, body())
    assert placed["state"] == "RESULTED"
    (result,) = (await client.get(f"{ORDERS}/O-1")).json()["results"]
    assert (result["test"], result["device"]) == (COVID, GENEXPERT)
    assert await there.edge.outlets[GENEXPERT].orders("TN-1") == []


async def test_one_order_needs_no_list_and_the_same_content_is_the_same_order(
    client: httpx.AsyncClient,
) -> None:
    first = (await client.put(ORDERS, json=body())).json()["items"]
    assert (await client.put(ORDERS, json=body())).json()["items"] == first
    assert len((await client.get(ORDERS)).json()["items"]) == 1


async def test_what_nobody_has_yet_is_replaced_and_what_a_device_has_is_not(
    there: LabEdge, client: httpx.AsyncClient
) -> None:
    await place(client, body())
    (placed,) = await place(client, body(tests=["94309-2"]))
    changed = (await client.get(f"{ORDERS}/O-1")).json()
    assert (placed["state"], changed["tests"], changed["state"]) == ("PLACED", ["94309-2"], "PLACED")
    outlet = there.edge.outlets[COBAS]
    await outlet.handed_over(await outlet.orders("TN-1"))
    answer = await client.put(ORDERS, json=[body("O-2"), body()])
    assert (answer.status_code, answer.json()["code"]) == (409, "order.other_content")
    assert answer.json()["errors"] == [{"field": "1.order", "code": "other_content"}]
    assert (await client.get(f"{ORDERS}/O-2")).status_code == 404, "all or nothing"
    assert (await place(client, body(tests=["94309-2"])))[0]["state"] == "SENT"


async def test_cancelling(there: LabEdge, client: httpx.AsyncClient) -> None:
    await place(client, body(), body("O-2", "TN-2"), body("O-3", "TN-3"))
    outlet = there.edge.outlets[GENEXPERT]
    await outlet.handed_over(await outlet.orders("TN-2"))
    assert (await client.delete(f"{ORDERS}/O-1")).json()["state"] == "CANCELLED"
    (told,) = await place(client, {"order": "O-2", "cancelled": True})
    assert (told["state"], told["to_be_recalled"]) == ("CANCELLED", True)
    told_next = await outlet.next_orders()
    assert [(order.order, order.cancelled) for order in told_next] == [("O-2", True), ("O-3", False)]
    await outlet.handed_over(told_next)
    assert (await client.get(f"{ORDERS}/O-2")).json()["to_be_recalled"] is False
    await there.came(single("TN-3"))
    answer = await client.delete(f"{ORDERS}/O-3")
    assert (answer.status_code, answer.json()["code"]) == (409, "order.resulted")
    assert (await client.delete(f"{ORDERS}/O-1")).json()["state"] == "CANCELLED", "twice is once"
    answer = await client.delete(f"{ORDERS}/O-9")
    assert (answer.status_code, answer.json()["code"]) == (404, "order.unknown")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"specimen": "0751234567"}, "specimen"),
        ({"specimen": NAME}, "specimen"),
        ({"specimen": "X" * 33}, "specimen"),
        ({"order": "075123456789"}, "order"),
        ({"order": "O 1"}, "order"),
        ({"tests": []}, "tests"),
        ({"tests": [COVID, COVID]}, "tests"),
        ({"tests": ["a\rb"]}, "tests"),
        ({"tests": ["T"] * 65}, "tests"),
        ({"priority": "SOON"}, "priority"),
        ({"specimen_type": NAME}, "specimen_type"),
        ({"device": "cobas-09"}, "device"),
        ({"site": "bv-nowhere"}, "site"),
        ({"collected": "yesterday"}, "collected"),
        ({"patient": NAME}, "patient"),
    ],
)
async def test_what_is_wrong_is_named_by_its_field_and_never_repeated(
    client: httpx.AsyncClient, wrong: dict[str, Any], field: str
) -> None:
    given = body() | wrong
    answer = await client.put(ORDERS, json=[body("O-0"), given])
    told = answer.json()
    assert (answer.status_code, told["code"]) == (422, "request.invalid")
    if wrong != {"tests": []}:
        assert any(field in error["field"] for error in told["errors"])
    for value in wrong.values():
        assert not isinstance(value, str) or json.dumps(value)[1:-1] not in answer.text
    assert (await client.get(ORDERS)).json()["items"] == []


@pytest.mark.parametrize(
    "collected", ["0001-01-01T00:00:00+14:00", "1969-12-31T00:00:00Z", "9999-12-31T23:59:59-12:00"]
)
async def test_a_time_of_another_age_is_refused(client: httpx.AsyncClient, collected: str) -> None:
    answer = await client.put(ORDERS, json=body(collected=collected))
    assert answer.status_code == 422
    assert "collected" in answer.json()["errors"][0]["field"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ("order", "specimen", "tests", "collected", "site", "device", "cancelled", "x")
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    )
)
@example([{"order": "O-1", "specimen": "TN-1", "tests": ["94500-6"]}, {"order": "O-2", "cancelled": True}])
@settings(max_examples=60, deadline=None)
def test_any_body_is_an_order_or_a_clear_refusal(wanted: object) -> None:
    try:
        bodies = TypeAdapter(OrderBodies).validate_python(wanted)
    except ValidationError:
        return
    for given_order in bodies:
        assert msgspec.convert(given_order.told(), GivenOrder).order == given_order.order


async def test_a_list_is_bounded_and_has_each_order_once(client: httpx.AsyncClient) -> None:
    assert (await client.put(ORDERS, json=[])).status_code == 422
    assert (await client.put(ORDERS, json=[body(f"O-{n}") for n in range(1001)])).status_code == 422
    answer = await client.put(ORDERS, json=[body(), body()])
    assert answer.json()["errors"] == [{"field": "1.order", "code": "repeated"}]
    assert len(await place(client, *(body(f"O-{n}", f"T-{n}") for n in range(1000)))) == 1000


async def test_orders_page_through_newest_first_by_specimen_state_and_device(
    there: LabEdge, client: httpx.AsyncClient
) -> None:
    await place(client, *(body(f"O-{n}", f"TN-{n % 2}") for n in range(6)), body("O-6", "TN-6", device=COBAS))
    outlet = there.edge.outlets[GENEXPERT]
    await outlet.handed_over(await outlet.orders("TN-1"))
    seen, cursor = list[str](), ""
    while True:
        told = (await client.get(f"{ORDERS}?limit=3{cursor}")).json()
        seen += [item["id"] for item in told["items"]]
        if told["next_cursor"] is None:
            break
        cursor = f"&cursor={told['next_cursor']}"
    assert seen == [f"O-{n}" for n in range(6, -1, -1)]
    for query, count in {
        "specimen=TN-0": 3,
        "state=SENT": 3,
        "state=RESULTED": 0,
        f"device={COBAS}": 1,
        f"device={GENEXPERT}": 3,
        "specimen=TN-1&state=PLACED": 0,
    }.items():
        assert len((await client.get(f"{ORDERS}?{query}")).json()["items"]) == count, query
    answer = await client.get(f"{ORDERS}?cursor=x")
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor.bad")
    assert (await client.get(f"{ORDERS}?state=LOST")).status_code == 422


@pytest.mark.slow
async def test_the_largest_orders_fit_the_socket(there: LabEdge, client: httpx.AsyncClient) -> None:
    """A page of what has the most tests, each with its result, by the longest names there may be."""
    tests = [f"{n:<60}T".replace(" ", "-") for n in range(64)]
    for start in range(0, 200, 100):
        orders = [body(f"O-{n}", "TN-1", tests=tests) for n in range(start, start + 100)]
        await place(client, *orders)
    made = [Fact(LabResult("TN-1", Code(test), "NEG", "F"), f"TN-1/{test}", now_ms()) for test in tests]
    await there.edge.outlets[GENEXPERT].emit(*made)
    told = (await client.get(f"{ORDERS}?limit=1000")).json()
    assert (len(told["items"]), {len(item["results"]) for item in told["items"]}) == (150, {64})
    rest = (await client.get(f"{ORDERS}?limit=1000&cursor={told['next_cursor']}")).json()
    assert (len(rest["items"]), rest["next_cursor"]) == (50, None)
    again = [body(f"O-{n}", "TN-1", tests=tests) for n in range(200)]
    assert {item["state"] for item in await place(client, *again)} == {"RESULTED"}


async def test_an_order_is_for_one_device_or_for_the_site(there: LabEdge, client: httpx.AsyncClient) -> None:
    await place(client, body("O-1", "TN-1", device=COBAS), body("O-2", "TN-1", site=SITE))
    cobas, genexpert = there.edge.outlets[COBAS], there.edge.outlets[GENEXPERT]
    assert [order.order for order in await cobas.orders("TN-1")] == ["O-1", "O-2"]
    assert [order.order for order in await genexpert.orders("TN-1")] == ["O-2"]
    await genexpert.handed_over(await genexpert.orders("TN-1"))
    assert [order.order for order in await cobas.orders(None)] == ["O-1"], "the other one is taken"
    assert [order.order for order in await cobas.orders("TN-1")] == ["O-1", "O-2"]


async def test_a_full_spool_takes_no_orders_and_says_so(there: LabEdge, client: httpx.AsyncClient) -> None:
    there.edge.spool.books.full = True
    answer = await client.put(ORDERS, json=body())
    assert (answer.status_code, answer.json()["code"]) == (503, "orders.refused")
    assert answer.headers["retry-after"]


async def test_as_many_as_an_edge_takes(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.spool.orders.MOST_OPEN", 2)
    await place(client, body("O-1"), body("O-2"))
    answer = await client.put(ORDERS, json=[body("O-1"), body("O-3")])
    assert (answer.status_code, answer.json()["code"]) == (503, "orders.full")
    assert answer.json()["errors"] == [{"field": "1.order", "code": "full"}]
    assert answer.headers["retry-after"]
    await client.delete(f"{ORDERS}/O-1")
    assert len(await place(client, body("O-3"))) == 1


async def test_who_may_what(there: LabEdge, app: FastAPI) -> None:
    may: dict[Role, tuple[int, int]] = {
        "admin": (200, 200),
        "operator": (200, 200),
        "reporter": (403, 200),
        "device": (403, 403),
        "public": (403, 403),
        "vault": (403, 403),
    }
    for role, (placing, reading) in may.items():
        async with keyed(app, there.settings(), role) as client:
            assert (await client.put(ORDERS, json=body())).status_code == placing, role
            assert (await client.delete(f"{ORDERS}/O-1")).status_code == placing, role
            assert (await client.get(ORDERS)).status_code == reading, role
            assert (await client.get(f"{ORDERS}/O-1")).status_code == reading, role


async def test_what_can_be_ordered_of_each_analyzer(client: httpx.AsyncClient) -> None:
    found = (await client.get("/api/v1/edges/edge-7/tests")).json()["items"]
    assert [(row["id"], row["device"], row["site"]) for row in found] == [
        (COBAS, COBAS, SITE),
        (GENEXPERT, GENEXPERT, SITE),
    ]
    assert {"code": "0BHIV1", "text": "HIV-1 RNA"} in found[0]["tests"]
    assert (await client.get("/api/v1/edges/edge-8/tests")).status_code == 404
