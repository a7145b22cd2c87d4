"""Events of access controllers: who was let in is a scan, doors and refusals are none, the rest is kept."""

from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.qr_gates.dialects import zkteco, zkteco_access
from adapters.qr_gates.dialects.told_scan import NoScan, ToldScan, Unintelligible

SERIAL = "CGXH201260029"
HCM = ZoneInfo("Asia/Ho_Chi_Minh")
LINE = b"time=2021-07-26 08:30:00\tpin=1042\tcardno=0\teventaddr=1\tevent=0\tverifytype=15\tindex=42"


def told(body: bytes) -> list[ToldScan | NoScan]:
    return zkteco_access.told(body, SERIAL, HCM)


def test_a_line_is_the_scan_that_the_other_protocol_would_tell() -> None:
    at_ms = round(datetime(2021, 7, 26, 1, 30, tzinfo=UTC).timestamp() * 1000)
    (scan,) = told(LINE + b"\r\n" + LINE + b"\n")
    assert isinstance(scan, ToldScan)
    assert (scan.code, scan.device_ms) == (b"1042", at_ms)
    assert [scan] == zkteco.told(b"1042\t2021-07-26 08:30:00\t0\t15", SERIAL, HCM)


@pytest.mark.parametrize(
    ("was", "is_now"),
    [
        (b"pin=1042", b"pin=0"),
        (b"event=0", b"event=27"),
        (b"event=0", b"event=8"),
        (b"event=0", b"event=200"),
    ],
)
def test_doors_and_refusals_are_no_scans(was: bytes, is_now: bytes) -> None:
    assert told(LINE.replace(was, is_now)) == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"1042\t2021-07-26 08:30:00\t0\t15", "zkteco.bad_line"),
        (LINE.replace(b"event=", b"happened="), "zkteco.bad_line"),
        (LINE + b"\tname=\xff", "zkteco.bad_line"),
        (LINE + b"\tx=" + b"9" * 600, "zkteco.bad_line"),
        (LINE.replace(b"1042", b"10 42"), "zkteco.bad_line"),
        (LINE.replace(b"2021-07", b"2001-07"), "zkteco.bad_time"),
    ],
)
def test_a_line_that_cannot_be_read_is_kept_as_it_came(line: bytes, reason: str) -> None:
    kept, scan = told(line + b"\n" + LINE)
    assert isinstance(kept, NoScan)
    assert (kept.raw, kept.reason, kept.place) == (line, reason, "line 1")
    assert isinstance(scan, ToldScan)


def test_what_such_a_terminal_asks() -> None:
    asked = {"SN": SERIAL, "DeviceType": "acc"}
    assert zkteco.wanted("GET", "cdata", asked) == zkteco.wanted("POST", "push", {}) == "access greeting"
    assert zkteco.wanted("POST", "registry", {}) == "registration"
    assert zkteco.wanted("POST", "cdata", {"table": "rtlog"}) == "access scans"
    assert zkteco.wanted("GET", "rtdata", {"type": "time"}) == "nothing"


def test_too_many_lines() -> None:
    with pytest.raises(Unintelligible):
        told(b"x\n" * 5001)


FIELDS = st.one_of(
    st.sampled_from([*LINE.split(b"\t"), b"pin=0", b"event=27", b"event=", b"time=", b"=", b"pin=\t"]),
    st.binary(max_size=20),
)


@given(st.lists(st.lists(FIELDS, max_size=8).map(b"\t".join), max_size=10).map(b"\n".join))
def test_nothing_but_scans_and_what_is_kept_comes_of_any_bytes(body: bytes) -> None:
    with suppress(Unintelligible):
        assert all(each.raw in body for each in told(body) if isinstance(each, NoScan))
