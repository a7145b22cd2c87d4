"""ADMS attendance lines: each line a scan or kept, whatever the bytes; times by the zone of the settings."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.qr_gates.dialects import zkteco
from adapters.qr_gates.dialects.told_scan import NoScan, ToldScan, Unintelligible

SERIAL = "CGXH201260029"
HCM = ZoneInfo("Asia/Ho_Chi_Minh")
LINE = b"075199001234\t2021-07-26 08:30:00\t0\t15\t\t0\t0"


def scans(body: bytes) -> list[ToldScan]:
    return [each for each in zkteco.told(body, SERIAL, HCM) if isinstance(each, ToldScan)]


def test_a_line_is_a_scan_at_the_local_time() -> None:
    (scan,) = scans(LINE + b"\n")
    assert scan.code == b"075199001234"
    assert scan.device_ms == round(datetime(2021, 7, 26, 1, 30, tzinfo=UTC).timestamp() * 1000)


def test_what_tells_scans_apart_is_serial_pin_time_and_verification() -> None:
    others = [LINE.replace(b"1234", b"1235"), LINE.replace(b":00\t", b":01\t"), LINE.replace(b"\t15", b"\t1")]
    same = [LINE, LINE.replace(b"00\t0\t15", b"00\t1\t15"), LINE + b"\textra"]
    assert len({scan.key for scan in scans(b"\r\n".join([*others, *same]))}) == 4
    assert len(scans(b"\n".join([*others, *same]))) == 4
    assert scans(LINE)[0].key.startswith(SERIAL)


def test_lines_keep_their_order() -> None:
    lines = [b"%d\t2021-07-26 08:30:%02d\t0\t1" % (9 - n, n) for n in range(9)]
    assert [scan.code for scan in scans(b"\n".join(lines))] == [b"%d" % (9 - n) for n in range(9)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"\t2021-07-26 08:30:00\t0\t1", "zkteco.bad_line"),
        (b"1234", "zkteco.bad_line"),
        (b"1234\tyesterday\t0\t1", "zkteco.bad_line"),
        (b"\xd0\x90\t2021-07-26 08:30:00", "zkteco.bad_line"),
        (b"12\t2021-07-26 08:30:00\t0\t" + b"9" * 600, "zkteco.bad_line"),
        (b"1234\t2021-02-30 08:30:00\t0\t1", "zkteco.bad_time"),
        (b"1234\t2000-01-01 00:00:00\t0\t1", "zkteco.bad_time"),
    ],
)
def test_a_line_that_tells_of_none_is_named_and_the_others_are_taken(line: bytes, reason: str) -> None:
    found = zkteco.told(line + b"\n" + LINE, SERIAL, HCM)
    assert [type(each) for each in found] == [NoScan, ToldScan]
    assert isinstance(found[0], NoScan)
    assert (found[0].raw, found[0].reason, found[0].place) == (line, reason, "line 1")


@pytest.mark.parametrize(
    ("body", "reason"), [(b"\n\n", "zkteco.empty"), (b"1\n" * 5001, "zkteco.too_many_lines")]
)
def test_bodies_without_an_end_or_a_beginning(body: bytes, reason: str) -> None:
    with pytest.raises(Unintelligible) as refused:
        zkteco.told(body, SERIAL, HCM)
    assert refused.value.reason == reason


def test_what_a_request_is_for() -> None:
    assert zkteco.wanted("GET", "cdata", {"SN": SERIAL, "options": "all"}) == "greeting"
    assert zkteco.wanted("POST", "cdata", {"table": "attlog"}) == "scans"
    for method, path, table in (
        ("POST", "cdata", "OPERLOG"),
        ("POST", "fdata", ""),
        ("GET", "getrequest", ""),
    ):
        assert zkteco.wanted(method, path, {"table": table}) == "nothing"


def test_a_table_that_nobody_knows_is_not_let_go() -> None:
    assert zkteco.wanted("POST", "cdata", {"table": "tabledata", "tablename": "transaction"}) == "unknown"
    assert zkteco.wanted("POST", "cdata", {"table": "tabledata", "tablename": "user"}) == "nothing"
    assert zkteco.wanted("POST", "cdata", {}) == "unknown"
    assert zkteco.wanted("POST", "cdata", {"table": "BioData"}) == "nothing"


def test_the_greeting_names_the_zone_and_asks_for_attendance_alone() -> None:
    lines = zkteco.greeting(SERIAL, 7).decode().splitlines()
    assert lines[0] == f"GET OPTION FROM: {SERIAL}"
    assert {"TimeZone=7", "Realtime=1", "TransFlag=1000000000"} <= set(lines)


FIELDS = st.one_of(
    st.sampled_from(
        [b"", b"1", b"15", b"075199001234", b"2021-07-26 08:30:00", b"2021/13/26T99:30:00", b" "]
    ),
    st.binary(max_size=30),
)
LINES = st.lists(FIELDS, max_size=8).map(b"\t".join)


@given(st.lists(LINES, max_size=20).map(b"\n".join))
def test_nothing_but_scans_and_what_is_kept_comes_of_any_bytes(body: bytes) -> None:
    try:
        found = zkteco.told(body, SERIAL, HCM)
    except Unintelligible:
        found = []
    kept = b"".join(each.raw if isinstance(each, NoScan) else each.code for each in found)
    assert bool(kept) == bool(body.strip())
    assert all(each.raw in body for each in found if isinstance(each, NoScan))
