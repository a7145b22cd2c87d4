"""JSON of own-made gates: a code as text or bytes, a time or none; anything else is refused by name."""

import json
from base64 import b64encode
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.qr_gates.codes.shown_code import MOST_BYTES
from adapters.qr_gates.dialects import plain
from adapters.qr_gates.dialects.told_scan import ToldScan, Unintelligible

HCM = ZoneInfo("Asia/Ho_Chi_Minh")
AT_MS = round(datetime(2021, 7, 26, 1, 30, tzinfo=UTC).timestamp() * 1000)
CARD = "075199001234||Nguyễn Thị Ánh Tuyết|02091999|Nữ|Biên Hòa, Đồng Nai|27122021"


def told(said: Any) -> ToldScan:
    return plain.told(json.dumps(said).encode(), HCM)


def test_a_code_as_text_and_as_bytes() -> None:
    assert told({"code": CARD}) == ToldScan(CARD.encode())
    assert told({"code_base64": b64encode(b"PK\x03\x04\xff").decode()}) == ToldScan(b"PK\x03\x04\xff")


@pytest.mark.parametrize(
    "time", ["2021-07-26T08:30:00+07:00", "2021-07-26T01:30:00Z", "2021-07-26 08:30:00", AT_MS]
)
def test_its_time(time: Any) -> None:
    assert told({"code": "x", "time": time}) == ToldScan(b"x", AT_MS)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ([], "plain.not_an_object"),
        ({}, "plain.no_code"),
        ({"code": "x", "code_base64": "eA=="}, "plain.no_code"),
        ({"code": 7}, "plain.no_code"),
        ({"code": ""}, "plain.bad_code"),
        ({"code": "\ud800"}, "plain.bad_code"),
        ({"code": "x" * (MOST_BYTES + 1)}, "plain.bad_code"),
        ({"code_base64": "%"}, "plain.bad_code"),
        ({"code": "x", "name": "y"}, "plain.unknown_field"),
        ({"code": "x", "time": "noon"}, "plain.bad_time"),
        ({"code": "x", "time": True}, "plain.bad_time"),
        ({"code": "x", "time": 10**30}, "plain.bad_time"),
        ({"code": "x", "time": 0}, "plain.bad_time"),
    ],
)
def test_what_is_refused(said: Any, reason: str) -> None:
    with pytest.raises(Unintelligible) as refused:
        told(said)
    assert refused.value.reason == reason


@given(
    st.one_of(
        st.binary(max_size=100), st.text(max_size=50).map(lambda text: json.dumps({"code": text}).encode())
    )
)
def test_any_bytes_give_a_scan_or_a_refusal(body: bytes) -> None:
    with suppress(Unintelligible):
        assert 0 < len(plain.told(body, HCM).code) <= MOST_BYTES
