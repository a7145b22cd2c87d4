"""ISAPI events: who was verified is a scan; heartbeats, doors, refusals and pictures of faces are none."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.qr_gates.dialects import hikvision
from adapters.qr_gates.dialects.form_parts import MOST_PARTS
from adapters.qr_gates.dialects.told_scan import NoScan, Told, ToldScan, Unintelligible
from tests.qr_gates.http.events import BOUNDARY, FORM, as_form, as_json, event

HCM = ZoneInfo("Asia/Ho_Chi_Minh")
AT_MS = round(datetime(2021, 7, 26, 1, 30, tzinfo=UTC).timestamp() * 1000)


def told(body: bytes, kind: str = "application/json") -> list[Told]:
    return hikvision.told(body, kind, HCM)


def test_json_and_form_tell_the_same() -> None:
    expected = [ToldScan(b"075199001234", AT_MS, f"1042 {AT_MS}")]
    assert told(as_json(event())) == expected
    assert told(as_form(event()), FORM) == expected
    assert told(as_form(event(), line=b"\n"), FORM.replace(BOUNDARY, f'"{BOUNDARY}"')) == expected
    assert told(as_json({"EventNotificationAlert": event()})) == expected


def test_the_code_that_was_shown_wins_over_the_number_it_belongs_to() -> None:
    (scan,) = told(as_json(event(QRCodeInfo="HC1:6BF", subEventType=0x9C)))
    assert isinstance(scan, ToldScan)
    assert scan.code == b"HC1:6BF"
    (card,) = told(as_json(event(code="", cardNo="3187654321", subEventType=1)))
    assert isinstance(card, ToldScan)
    assert card.code == b"3187654321"


@pytest.mark.parametrize(
    "other",
    [
        event(subEventType=76),  # a face that was not known
        event(subEventType=21),  # the lock opens
        event(majorEventType=1, subEventType=1),
        event(subEventType=[75]),
        event() | {"eventType": "heartBeat", "AccessControllerEvent": None},
    ],
)
def test_doors_refusals_and_heartbeats_are_no_scans(other: dict[str, Any]) -> None:
    assert told(as_json(other)) == []


def test_a_heartbeat_may_be_xml() -> None:
    alert = (
        b'<?xml version="1.0"?>\n<EventNotificationAlert><eventType>%b</eventType></EventNotificationAlert>'
    )
    assert told(alert % b"heartBeat", "application/xml") == []
    with pytest.raises(Unintelligible):
        told(alert % b"AccessControllerEvent", "application/xml")


def test_a_time_without_zone_is_of_the_settings() -> None:
    (scan,) = told(as_json(event() | {"dateTime": "2021-07-26T08:30:00"}))
    assert isinstance(scan, ToldScan)
    assert scan.device_ms == AT_MS


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (event(code=""), "hikvision.nobody"),
        (event(code="\ud800"), "hikvision.nobody"),
        (event() | {"dateTime": "2021-07-26 25:00"}, "hikvision.bad_time"),
        (event() | {"dateTime": "1970-01-01T00:00:00+08:00"}, "hikvision.bad_time"),
        (event() | {"dateTime": 7}, "hikvision.bad_time"),
    ],
)
def test_somebody_passed_and_nobody_knows_who_or_when(wrong: dict[str, Any], reason: str) -> None:
    (kept,) = told(json.dumps(wrong).encode())
    assert isinstance(kept, NoScan)
    assert kept.reason == reason


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        (b"", "application/json", "hikvision.no_json"),
        (b"[" * 60_000, "application/json", "hikvision.no_json"),
        (b"[]", "application/json", "hikvision.no_event"),
        (b'{"eventType": 7}', "application/json", "hikvision.no_event"),
        (b" " * 70_000, "application/json", "hikvision.too_large"),
        (b"--x\r\n\r\n{}", "multipart/form-data", "form.no_boundary"),
        (b"--", "", "form.no_boundary"),
        (b"nothing", FORM, "form.no_parts"),
        (b"--MIME_boundary\r\n" * (MOST_PARTS + 3), FORM, "form.too_many_parts"),
        (b"--MIME_boundary no header", FORM, "form.no_header"),
    ],
)
def test_what_is_no_message_of_it(body: bytes, kind: str, reason: str) -> None:
    with pytest.raises(Unintelligible) as refused:
        told(body, kind)
    assert refused.value.reason == reason


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
INNER = st.sampled_from(
    ["majorEventType", "subEventType", "employeeNoString", "cardNo", "QRCodeInfo", "serialNo"]
)
OUTER = st.sampled_from(["dateTime", "eventType", "AccessControllerEvent"])


@given(st.dictionaries(INNER, VALUES), st.dictionaries(OUTER, VALUES, max_size=1), st.booleans())
def test_any_values_give_scans_or_a_refusal(inner: dict[str, Any], outer: dict[str, Any], form: bool) -> None:
    message = event(**inner) | outer
    body = json.dumps(message).encode()
    try:
        found = told(as_form(message) if form and "\\ud" not in body.decode() else body, FORM if form else "")
    except (Unintelligible, UnicodeEncodeError):
        return
    assert all(isinstance(each, ToldScan | NoScan) for each in found)


@given(st.binary(max_size=300), st.sampled_from([FORM, "", "multipart/form-data; boundary=--"]))
def test_any_bytes_give_scans_or_a_refusal(body: bytes, kind: str) -> None:
    with suppress(Unintelligible):
        assert told(b"--MIME_boundary" + body + b"--MIME_boundary--", kind) == []
