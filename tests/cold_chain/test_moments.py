"""Device time: zones, epochs, clocks that are wrong."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adapters.cold_chain.decoders.moments import FIRST_BELIEVED_MS, Moment, moment
from tests.cold_chain.devices import RECEIVED_MS

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
BERLIN = ZoneInfo("Europe/Berlin")
HOUR_MS = 3_600_000


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("said", "utc"),
    [
        ("2021-01-02T09:09:44", "2021-01-02T02:09:44+00:00"),  # Tasmota: local, no zone
        ("2019-03-01T15:32:45.941+0000", None),
        ("2023-09-08T03:53:43Z", "2023-09-08T03:53:43+00:00"),
        ("2022-07-18T09:34:15.775023242+00:00", "2022-07-18T09:34:15.775+00:00"),  # ChirpStack: nanoseconds
        ("2021-01-02T09:09:44.941+07:00", "2021-01-02T02:09:44.941+00:00"),
        ("20240103T163228Z", "2024-01-03T16:32:28+00:00"),  # WHO cce-interop
        (1653668027, "2022-05-27T16:13:47+00:00"),
        (1653668027.5, "2022-05-27T16:13:47.500+00:00"),
        (1653668027123, "2022-05-27T16:13:47.123+00:00"),
    ],
)
def test_time_is_read(said: Any, utc: str | None) -> None:
    expected = Moment(None, "time_unset") if utc is None else Moment(ms(utc))
    assert moment(said, HANOI, RECEIVED_MS) == expected


@pytest.mark.parametrize(
    "said",
    ["", "today", "2021-01-02", "2021-13-02T09:09:44", "25:00", "9" * 40, "２０２１-01-02T09:09:44", True, -1,
     1e15, float("nan"), float("inf"), [], {}, pytest.param(object(), id="an object"),
     "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"],
    ids=repr,
)  # fmt: skip
def test_what_is_no_time_gives_none(said: Any) -> None:
    assert moment(said, HANOI, RECEIVED_MS).time_ms in (None, ms("9999-12-31T23:59:59-23:59"))
    assert moment(said, HANOI, RECEIVED_MS).reason in ("time_unreadable", "time_unset", "time_future")


def test_clock_that_was_never_set_gives_no_time() -> None:
    assert moment("1970-01-01T00:00:03", HANOI, RECEIVED_MS) == Moment(None, "time_unset")
    assert moment(FIRST_BELIEVED_MS, HANOI, RECEIVED_MS) == Moment(FIRST_BELIEVED_MS)
    assert moment(None, HANOI, RECEIVED_MS) == Moment(None, "time_missing")


@pytest.mark.parametrize(
    ("ahead_ms", "reason"),
    [(0, None), (-200 * 24 * HOUR_MS, None), (120_000, None), (120_001, "time_ahead"),
     (24 * HOUR_MS, "time_ahead"), (24 * HOUR_MS + 1, "time_future")],
)  # fmt: skip
def test_clock_that_is_ahead(ahead_ms: int, reason: str | None) -> None:
    assert moment(RECEIVED_MS + ahead_ms, HANOI, RECEIVED_MS) == Moment(RECEIVED_MS + ahead_ms, reason)


@pytest.mark.parametrize("said", ["2021-10-31T02:30:00", "2021-03-28T02:30:00"], ids=["twice", "never"])
def test_local_time_that_the_clock_change_makes_doubtful_is_marked(said: str) -> None:
    assert moment(said, BERLIN, RECEIVED_MS).reason == "time_ambiguous"
    assert moment(said + "+01:00", BERLIN, RECEIVED_MS).reason is None
    assert moment(said, HANOI, RECEIVED_MS).reason is None


@given(
    st.integers(FIRST_BELIEVED_MS // 1000 + 86_400, RECEIVED_MS // 1000 - 86_400),
    st.sampled_from([HANOI, BERLIN, ZoneInfo("UTC")]),
)
def test_local_time_and_its_utc_form_are_one_instant(seconds: int, zone: ZoneInfo) -> None:
    utc = datetime.fromtimestamp(seconds, UTC)
    there = utc.astimezone(zone)
    assume(not there.fold)  # the second of two equal local times: the first is taken, and marked
    assert (
        moment(there.replace(tzinfo=None).isoformat(), zone, RECEIVED_MS).time_ms
        == moment(utc.isoformat(), HANOI, RECEIVED_MS).time_ms
        == moment(seconds, HANOI, RECEIVED_MS).time_ms
    )


@given(st.text(max_size=45) | st.floats() | st.integers() | st.none() | st.booleans())
def test_nothing_a_device_says_raises(said: Any) -> None:
    read = moment(said, HANOI, RECEIVED_MS)
    assert (read.time_ms is None) <= (read.reason is not None)
