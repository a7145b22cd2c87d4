"""Hostile bodies: never an exception, never a good reading that is none, never the sender's own words."""

import gzip
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.cold_chain.cce.delivery import parts
from adapters.cold_chain.cce.fields import FIELDS
from adapters.cold_chain.cce.transfer import RECORDS_A_PIECE, read_transfer
from adapters.cold_chain.cold_http import ColdHttp
from adapters.cold_chain.undecodable import Undecodable
from hub.contract import Frame
from hub.payloads import Reading
from tests.cold_chain.http.transfers import RECEIVED_MS, appliance, body, ems, transfer
from tests.cold_chain.recording import RecordingOutlet

TIMES = st.sampled_from(
    ["20261122T060000Z", "20261122T060001.5Z", "20291122T060000Z", "20261322T060000Z", ""]
)
NAMES = st.sampled_from(["ABST", "ALRM", "EERR", "LERR", "records", "ESER", "meta", "data", *FIELDS])
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=12) | TIMES
    | st.sampled_from([85, -127, 327.67, 900, "HEAT", "SENS"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(NAMES | st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip
RECORDS = st.builds(
    lambda time, fields: {"ABST": time} | fields, TIMES, st.dictionaries(NAMES, VALUES, max_size=8)
)
REPORTS = st.builds(
    lambda header, records: header | {"records": records},
    st.dictionaries(NAMES, VALUES, max_size=4),
    st.lists(RECORDS | VALUES, max_size=6),
)
META = st.fixed_dictionaries(
    {
        "schemaVersion": st.sampled_from(["0.7.1", "0.8.1", "0.9"]),
        "transferType": st.sampled_from(["ems", "rtm"]),
    }
)
TRANSFERS = st.fixed_dictionaries({"meta": META, "data": st.lists(REPORTS | VALUES, max_size=3)})
DEVICES = [
    ColdHttp(config, RecordingOutlet())
    for config in (
        appliance(),
        appliance(dialect="mapped", mapping={"temp.vaccine": {"value": "meta.t", "time": "data"}}),
    )
]


def check(member: ColdHttp, raw: bytes) -> None:
    frame = Frame(raw)
    meaning = member.interpret(frame, RECEIVED_MS)
    assert meaning == member.interpret(frame, RECEIVED_MS)
    assert {problem.raw for problem in meaning.problems} <= {raw}
    for fact in meaning.facts:
        said = fact.payload
        assert isinstance(said, Reading)
        assert (said.value is None) == (said.quality == "BAD")
        assert said.value is None or math.isfinite(said.value)
        assert (said.reason is None) == (said.quality == "GOOD")
        assert fact.time_ms <= RECEIVED_MS + 86_400_000
        assert len(fact.key) < 100


@given(st.sampled_from(DEVICES), st.binary(max_size=300), st.booleans())
def test_any_bytes(member: ColdHttp, raw: bytes, packed: bool) -> None:
    check(member, gzip.compress(raw) if packed else raw)


@pytest.mark.slow
@settings(max_examples=150)
@given(st.sampled_from(DEVICES), TRANSFERS | VALUES)
def test_any_document(member: ColdHttp, told: object) -> None:
    check(member, json.dumps(told).encode())


@given(TRANSFERS)
def test_parts_are_transfers_again_and_lose_no_record(told: dict[str, object]) -> None:
    raw = json.dumps(told).encode()
    try:
        read = read_transfer(raw)
    except Undecodable:
        return
    reports = [report for part in parts(raw, read, [{}]) for report in read_transfer(part.raw).reports]
    assert records_of(reports) == records_of(read.reports)


def records_of(reports: list[object]) -> list[str]:
    """Every record, and whatever stands in place of a report; NaN is unlike itself, its text is not."""
    found: list[str] = []
    for report in reports:
        records = report.get("records") if isinstance(report, dict) else None
        whole = not isinstance(records, list) or not records
        found += [json.dumps(each) for each in ([report] if whole else records or [])]
    return found


@given(st.integers(1, 400))
def test_a_piece_is_bounded_whatever_the_transfer(count: int) -> None:
    raw = body(transfer(*(ems() for _ in range(count))))
    made = list(parts(raw, read_transfer(raw), [{}]))
    assert max(len(json.loads(part.raw)["data"][0]["records"]) for part in made) <= RECORDS_A_PIECE


# In marks of its own: Hypothesis tries strings of the code too, and those are words of ours in every fact.
@given(st.text(min_size=15, max_size=38).map("«{}»".format))
def test_text_of_a_sender_stays_at_the_edge(words: str) -> None:
    record = ems(**dict.fromkeys(["TVC", "FANS", "ALRM", "EERR", "LERR", "NOTE"], words))
    raw = json.dumps(transfer(record, FNAM=words, CNAM=words)).encode()
    meaning = DEVICES[0].interpret(Frame(raw), RECEIVED_MS)
    assert meaning.facts
    assert words not in repr(meaning.facts).replace("\\\\", "\\")
