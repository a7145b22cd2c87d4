"""Stored readings as cce-interop: valid by its schema, whole, and the same when they are read again."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cce.fields import BY_METRIC
from api.cce.transfer import transfer as made_of
from api.routes import cce
from hub.events import format_time
from hub.payloads import Reading
from tests.api.conftest import NOW_MS, Stage
from tests.api.province import MINUTE_MS
from tests.cold_chain.http.json_schema import Validator
from tests.cold_chain.http.transfers import ems, payload, rtm, transfer, understood

URL = "/api/v1/cce-interop"
SHARED = Path(__file__).parents[3] / "shared" / "corpus" / "cold_chain"
SCHEMA = SHARED / "cce-interop-0.8.1.schema.json"
NO_SCHEMA = "the schema of cce-interop is not beside the project"
needs_schema = pytest.mark.skipif(not SCHEMA.is_file(), reason=NO_SCHEMA)
SPAN = "&from=2026-11-22T00:00:00Z&to=2026-11-23T00:00:00Z"


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator(json.loads(SCHEMA.read_text("utf-8")))


def examples() -> Iterator[dict[str, Any]]:
    if SCHEMA.is_file():
        yield from json.loads(SCHEMA.read_text("utf-8"))["examples"]
        yield json.loads((SHARED / "ems_cce_interop_0.8.1_ems.json").read_text("utf-8"))


async def stored(stage: Stage, told: dict[str, Any], device: str = "tu-lanh-31") -> None:
    """As the edge would have sent it."""
    for fact in understood(told).facts:
        await stage.writer.put(payload(fact), device, "kho-vac-xin", fact.time_ms, key=fact.key)


def told_again(answer: httpx.Response) -> dict[tuple[str, int], tuple[float | None, str]]:
    """What cold_http would read from our transfer: value and quality by metric and time."""
    return {
        (payload(fact).metric, fact.time_ms): (payload(fact).value, payload(fact).quality)
        for fact in understood(answer.json()).facts
    }


@needs_schema
@pytest.mark.parametrize(
    "told", list(examples()) or [{}], ids=lambda told: told["meta"]["transferType"] if told else "none here"
)
async def test_examples_are_taken_and_told_again_valid(
    stage: Stage, client: httpx.AsyncClient, validator: Validator, told: dict[str, Any]
) -> None:
    assert list(validator.errors(told)) == []
    found = understood(told)
    assert found.problems == ()
    await stored(stage, told)
    answer = await client.get(f"{URL}?device=tu-lanh-31&from=2023-12-30T00:00:00Z&to=2024-01-04T00:00:00Z")
    assert answer.status_code == 200, answer.text
    again = answer.json()
    assert list(validator.errors(again)) == []
    assert again["meta"]["transferType"] == told["meta"]["transferType"]
    assert again["meta"]["epihub"] == {"leftOut": {}, "next": None}
    assert told_again(answer) == {
        (payload(fact).metric, fact.time_ms): (payload(fact).value, payload(fact).quality)
        for fact in found.facts
    }


CASES = {
    "broken probe": transfer(ems(TVC=None, LERR="SENS")),
    "refused probe": transfer(ems(TVC=85.0)),
    "doubtful logger": transfer(ems(LERR="BATT COMM")),
    "monitor": transfer(ems(EERR="COMM"), ems("20261122T061500Z", EERR="nobody knows")),
    "alarms": transfer(ems(ALRM="HEAT DOOR"), ems("20261122T061500Z", ALRM="E5")),
    "solar": transfer({name: value for name, value in ems(DCSV=13.1, DCCD=4.0).items() if name != "SVA"}),
    "mains and solar": transfer(ems(DCSV=13.1, DCCD=4.0, MSW=False)),
    "parts of a second": transfer(ems("20261122T060000.125Z")),
    "rtm without a temperature": transfer(rtm(IDRV=400), kind="rtm"),
    "rtm whose ambient probe broke": transfer(rtm(TVC=4.0), rtm(TAMB=-127), kind="rtm"),
    "rtm in trouble": transfer(rtm(TVC=None, EERR="COMM"), kind="rtm"),
}


@needs_schema
async def test_whatever_was_told_is_told_valid(
    stage: Stage, client: httpx.AsyncClient, validator: Validator
) -> None:
    for number, (case, told) in enumerate(CASES.items()):
        await stored(stage, told, f"tu-{number}")
        for kind in ("", "&type=rtm", "&type=ems"):
            answer = await client.get(f"{URL}?device=tu-{number}{SPAN}{kind}")
            if case.startswith("rtm") and "ems" in kind:
                assert (answer.status_code, answer.json()["code"]) == (404, "readings.none"), case
            else:
                assert list(validator.errors(answer.json())) == [], case


async def test_what_is_broken_is_told_as_broken(stage: Stage, client: httpx.AsyncClient) -> None:
    await stored(stage, CASES["broken probe"])
    (record,) = (await client.get(f"{URL}?device=tu-lanh-31{SPAN}")).json()["data"][0]["records"]
    assert (record["TVC"], record["LERR"], record["EERR"], record["ALRM"]) == (None, "SENS", None, None)


async def test_alarms_and_errors_are_told_by_their_codes(stage: Stage, client: httpx.AsyncClient) -> None:
    await stored(stage, CASES["alarms"])
    await stored(stage, CASES["monitor"], "tu-lanh-32")
    answer = await client.get(f"{URL}?device=tu-lanh-31&device=tu-lanh-32{SPAN}")
    alarms, errors = (report["records"] for report in answer.json()["data"])
    assert [record["ALRM"] for record in alarms] == ["DOOR HEAT", "OTHER"]
    assert [record["EERR"] for record in errors] == ["ERR", "ERR"]


async def test_what_has_no_field_is_declared(stage: Stage, client: httpx.AsyncClient) -> None:
    at = NOW_MS - MINUTE_MS
    for metric, value, unit in (
        ("temp.vaccine", 4.0, "Cel"), ("battery.percent", 80.0, "%"), ("temp.freezer", -101.0, "Cel"),
        ("temp.ambient", None, "Cel"),
    ):  # fmt: skip
        bad = {"quality": "BAD", "reason": "probe_lost"} if value is None else {}
        reading = Reading(metric, value, unit, **bad)  # type: ignore[arg-type]
        await stage.writer.put(reading, "tu-dong-09", "kho-vac-xin", at)
    told = (await client.get(f"{URL}?device=tu-dong-09{SPAN}")).json()
    assert told["meta"]["epihub"]["leftOut"] == {"no_field": 1, "no_value": 1, "out_of_range": 1}
    (record,) = told["data"][0]["records"]
    assert record == {"ABST": "20261122T064540Z", "ALRM": None, "BEMD": None, "EERR": None, "TVC": 4.0}
    assert (told["data"][0]["AMID"], told["data"][0]["FID"]) == ("tu-dong-09", "kho-vac-xin")


@needs_schema
@pytest.mark.parametrize("kind", ["ems", "rtm"])
async def test_what_is_known_of_the_equipment_is_told(
    stage: Stage, client: httpx.AsyncClient, validator: Validator, kind: str
) -> None:
    known = {"AMFR": "Vestfrost", "LMFR": "Giám sát Lạnh", "ESER": "emd-0042", "FID": "BV-TN-01"}
    device = {"id": "tu-lanh-31", "site": "kho", "kind": "cold_http"}
    device |= {f"cce.{name}": text for name, text in known.items()}
    object.__setattr__(stage.deck.settings, "devices", [device])
    await stored(stage, CASES["alarms"])
    told = (await client.get(f"{URL}?device=tu-lanh-31{SPAN}&type={kind}")).json()
    assert list(validator.errors(told)) == []
    assert known.items() <= told["data"][0].items()
    assert told["data"][0]["AID"] == "tu-lanh-31"


async def test_long_spans_come_in_pages_of_whole_instants(
    stage: Stage, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cce, "MOST_READINGS", 20)
    monkeypatch.setattr(cce, "ROWS_A_PAGE", 7)
    times = [f"20261122T{hour:02d}{minute}00Z" for hour in range(1, 6) for minute in (15, 45)]
    await stored(stage, transfer(*map(ems, times)))
    whole, pages, address = [], 0, f"{URL}?device=tu-lanh-31{SPAN}&type=ems"
    while address:
        answer = await client.get(address)
        whole += answer.json()["data"][0]["records"]
        pages += 1
        link = answer.headers.get("Link", "")
        assert (f"from={quote(answer.json()['meta']['epihub']['next'] or '')}" in link) == bool(link)
        address = "/api/v1/" + link[1:].partition(">")[0] if link else ""
    assert pages > 3
    assert [record["ABST"] for record in whole] == times
    assert all(record["TVC"] == 4.6 for record in whole)


REFUSED = [
    ("", 422, "request.invalid"),
    ("?device=tu-lanh-01&metric=x", 422, "request.invalid"),
    ("?device=tu-lanh-01&type=fax", 422, "request.invalid"),
    ("?" + "&".join(f"device=d{n}" for n in range(51)), 422, "request.invalid"),
    ("?device=tu-lanh-01&from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z", 422, "range.too_long"),
    ("?device=tu-lanh-99", 404, "readings.none"),
]


async def test_what_cannot_be_told(client: httpx.AsyncClient) -> None:
    for query, status, code in REFUSED:
        answer = await client.get(URL + query)
        assert (answer.status_code, answer.json()["code"]) == (status, code), query


METRICS = st.sampled_from(
    [*BY_METRIC, "alarm.heat", "alarm.other", "error.logger", "error.monitor", "battery.percent"]
)
ROWS = st.fixed_dictionaries(
    {
        "device": st.sampled_from(["tu-lanh-01", "tu-lanh-02"]),
        "site": st.just("kho-vac-xin"),
        "metric": METRICS,
        "value": st.none() | st.floats(-130, 1000) | st.sampled_from([0.0, 1.0, 4.5]),
        "time": st.integers(0, 3).map(lambda n: format_time(NOW_MS + n * 500)),
        "reason": st.sampled_from([None, "logger_sensor", "monitor_comm", "probe_lost", "compressor_error"]),
    }
)


@needs_schema
@given(st.lists(ROWS, max_size=40), st.sampled_from([None, "ems", "rtm"]))
def test_any_readings_are_told_valid_or_not_at_all(rows: list[dict[str, Any]], kind: Any) -> None:
    validator = Validator(json.loads(SCHEMA.read_text("utf-8")))
    told = made_of(rows, kind, "epihub:test", format_time(NOW_MS), None)
    assert told is None or list(validator.errors(told)) == []


@needs_schema
@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"TVC": None}, "oneOf"),
        ({"SVA": None, "DCSV": 12, "DCCD": 1}, "oneOf"),
        ({"DORV": 901}, "DORV maximum"),
        ({"TAMB": None}, "TAMB type"),
        ({"ABST": "2026-11-22T06:00:00Z"}, "ABST pattern"),
    ],
)
def test_the_validator_refuses_what_the_schema_does(
    validator: Validator, change: dict[str, Any], error: str
) -> None:
    assert list(validator.errors(transfer(ems()))) == []
    assert any(error in found for found in validator.errors(transfer(ems() | change)))
