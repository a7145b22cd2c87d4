"""The envelope, its pieces, whose they are, and bodies that are packed."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.cold_chain.cce.appliance import Place, is_at, is_of
from adapters.cold_chain.cce.delivery import Part, parts
from adapters.cold_chain.cce.transfer import RECORDS_A_PIECE, pieces, read_report, read_transfer
from adapters.cold_chain.cce.unpacking import LARGEST_UNPACKED_BYTES, plain
from adapters.cold_chain.undecodable import Undecodable
from tests.cold_chain.http.transfers import EMS_HEADER, RTM_HEADER, body, ems, envelope, rtm, transfer


def refusal(payload: bytes) -> tuple[str, str]:
    with pytest.raises(Undecodable) as found:
        read_report(read_transfer(payload), 0)
    return found.value.reason, found.value.place


@pytest.mark.parametrize(
    ("told", "reason", "place"),
    [
        ([], "cold.not_an_object", ""),
        ({}, "cce.no_meta", "meta"),
        (envelope(), "cce.no_reports", "data"),
        (envelope(*[{}] * 1001), "cce.too_many_reports", "over 1000"),
        (envelope({}, kind="fax"), "cce.transfer_type_unknown", "meta.transferType"),
        (envelope({}, version="0.9.0"), "cce.schema_unknown", "meta.schemaVersion"),
        (envelope({}, version="1.0.0"), "cce.schema_unknown", "meta.schemaVersion"),
        (envelope({}, version="0.8"), "cce.schema_unknown", "meta.schemaVersion"),
        (envelope({}, version="0.8.²"), "cce.schema_unknown", "meta.schemaVersion"),
        (envelope({}, version=0.8), "cce.schema_unknown", "meta.schemaVersion"),
        (envelope(7), "cce.not_a_report", "data[0]"),
        (envelope({}), "cce.no_records", "data[0].records"),
        (envelope({"records": []}), "cce.no_records", "data[0].records"),
        (envelope({"records": [{}], "FNAM": "x" * 20_000}), "cce.header_too_large", "data[0]"),
    ],
)
def test_what_is_no_transfer(told: Any, reason: str, place: str) -> None:
    assert refusal(body(told)) == (reason, place)


def year(first: datetime, days: int, minutes: int = 15) -> dict[str, Any]:
    instants = (first + timedelta(minutes=minutes * n) for n in range(days * 1440 // minutes))
    return transfer(*(ems(instant.strftime("%Y%m%dT%H%M%SZ")) for instant in instants))


def cut(told: dict[str, Any]) -> list[bytes]:
    read = read_transfer(body(told))
    return list(pieces(read, read_report(read, 0)))


def test_pieces_hold_every_record_once_and_are_small() -> None:
    told = year(datetime(2026, 5, 1, 3, tzinfo=UTC), 3, minutes=5)
    made = [json.loads(each) for each in cut(told)]
    assert [record for each in made for record in each["data"][0]["records"]] == told["data"][0]["records"]
    assert max(len(each["data"][0]["records"]) for each in made) <= RECORDS_A_PIECE
    assert all(each["data"][0]["ESER"] == EMS_HEADER["ESER"] for each in made)


def test_a_resend_of_other_days_has_the_same_pieces_in_between() -> None:
    first = cut(year(datetime(2026, 5, 1, tzinfo=UTC), 10))
    later = year(datetime(2026, 5, 3, 1, tzinfo=UTC), 10)
    later["meta"] |= {"transferId": "another", "transferredAt": "2026-11-23T00:00:00Z"}
    assert len(set(first) & set(cut(later))) == 4 * 8 - 1


def shares(told: dict[str, Any], *matches: dict[str, str]) -> list[Part]:
    payload = body(told)
    return list(parts(payload, read_transfer(payload), matches))  # type: ignore[arg-type]


def test_a_small_transfer_stays_as_it_came() -> None:
    (part,) = shares(transfer(ems()), {})
    assert (part.raw, part.owner) == (body(transfer(ems())), 0)


def two() -> dict[str, Any]:
    report = RTM_HEADER | {"records": [rtm(TVC=5.0)]}
    return envelope(report, report | {"AMID": "kho-7/tu-4", "ESER": "RT-0008 "}, 7, kind="rtm")


def test_each_report_goes_to_its_own_appliance() -> None:
    found = shares(two(), {"ESER": "rt-0008"}, {"AMID": "kho-7/tu-3", "CID": "vnm"})
    assert [(part.owner, part.reason, part.place) for part in found] == [
        (1, "", ""),
        (0, "", ""),
        (None, "cce.not_a_report", "data[2]"),
    ]
    assert json.loads(found[1].raw)["data"][0]["AMID"] == "kho-7/tu-4"
    assert json.loads(found[2].raw)["data"] == [7]


@pytest.mark.parametrize(
    ("matches", "reason"),
    [
        ([{"ESER": "rt-9"}], "cce.appliance_unknown"),
        ([{"LSER": "rt-0007"}], "cce.appliance_unknown"),
        ([{"CID": "VNM"}, {"ESER": "rt-0007"}], "cce.appliance_of_several"),
        ([{}], "cce.appliance_unknown"),  # of two appliances, and nobody said which is ours
    ],
)
def test_what_fits_none_or_several_is_nobodys(matches: list[dict[str, str]], reason: str) -> None:
    first = shares(two(), *matches)[0]
    assert (first.owner, first.reason, first.place) == (None, reason, "data[0]")
    assert json.loads(first.raw)["data"][0]["ESER"] == "rt-0007"


def test_what_is_nobodys_waits_in_few_entries() -> None:
    made = shares(year(datetime(2026, 5, 1, tzinfo=UTC), 30), {"ESER": "other"})
    assert [len(json.loads(part.raw)["data"][0]["records"]) for part in made] == [2000, 880]


def test_packed_bodies() -> None:
    payload = body(transfer(ems()))
    assert plain(payload) == plain(gzip.compress(payload)) == payload
    assert plain(gzip.compress(payload[:9]) + gzip.compress(payload[9:])) == payload


@pytest.mark.parametrize(
    ("packed", "reason"),
    [  # without a time, or workers of the test name them differently
        (gzip.compress(b"{}" * 500, mtime=0)[:-4], "cce.gzip_broken"),
        (b"\x1f\x8b\x08\x00", "cce.gzip_broken"),
        (b"\x1f\x8bnothing of that", "cce.gzip_broken"),
        (gzip.compress(b"{}", mtime=0) + b"more", "cce.gzip_broken"),
        (gzip.compress(b"", mtime=0) * 65, "cce.gzip_broken"),
        (gzip.compress(b" " * (LARGEST_UNPACKED_BYTES + 1), mtime=0), "cce.unpacked_too_large"),
        (gzip.compress(b" " * (LARGEST_UNPACKED_BYTES // 2), mtime=0) * 3, "cce.unpacked_too_large"),
    ],
)
def test_packed_bodies_that_are_refused(packed: bytes, reason: str) -> None:
    with pytest.raises(Undecodable) as found:
        plain(packed)
    assert found.value.reason == reason


def test_whose_it_is_by_what_it_says() -> None:
    assert is_of({}, {})
    assert is_of({"ESER": " EMD-1"}, {"ESER": "emd-1"})
    assert not is_of({"ESER": 1}, {"ESER": "1"})


@pytest.mark.parametrize(
    ("header", "fits"),
    [
        ({}, True),
        ({"FID": "BV-01", "LAT": 10.957, "LNG": 106.842}, True),
        ({"FID": "BV-02"}, False),
        ({"LAT": 10.967, "LNG": 106.842}, True),  # 1.1 km
        ({"LAT": 10.98, "LNG": 106.842}, False),  # 2.6 km
        ({"LAT": 10.98, "LNG": 106.842, "LACC": 900}, True),
        ({"LAT": "10.98", "LNG": None}, True),
        ({"LAT": 10.957, "LNG": -106.842}, False),
    ],
)
def test_where_it_stands(header: dict[str, Any], fits: bool) -> None:
    place = Place(names={"FID": "bv-01"}, latitude=10.957, longitude=106.842, within_m=2000)
    assert is_at(header, place) is fits
