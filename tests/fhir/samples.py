"""Results, incidents and deliveries as strategies, and one of each as people know it."""

from hypothesis import strategies as st

from hub.fhir import cold_chain, laboratory, supply
from hub.fhir.naming import DerivedIds, Ids
from hub.fhir.places import Place
from hub.fhir.resources import AnyResource
from hub.payloads import Alarm, Analyzer, Code, LabResult, Target
from hub.reported import StockMoved

PLACE = Place("bv-thong-nhat", "Bệnh viện đa khoa Thống Nhất", "Biên Hòa", "Đồng Nai")
IDS = DerivedIds("dong-nai")
EVENT, AT = "017adf2a-7b80-8abc-9def-0123456789ab", "2021-07-26T01:02:03.000Z"

texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=40)
codes = st.from_regex(r"[A-Za-z0-9._/^ -]{1,24}", fullmatch=True)
calls = st.sampled_from(["POS", "NEG", "INVALID", "ERROR", "NO_RESULT", "INDETERMINATE", "UNMAPPED"])
numbers = st.floats(-1e9, 1e9, allow_nan=False)
targets = st.builds(
    Target,
    code=codes,
    text=st.none() | texts,
    loinc=st.none() | st.just("94500-6"),
    call=calls,
    value=st.none() | numbers,
    comparator=st.sampled_from([None, "<", "<=", ">", ">="]),
    unit=st.none() | texts,
    ct=st.none() | st.floats(0.1, 60),
)
labs = st.builds(
    LabResult,
    specimen=st.from_regex(r"[A-Za-z0-9._/-]{1,32}|h:[0-9a-f]{32}", fullmatch=True),
    test=st.builds(Code, codes, st.none() | texts, st.none() | st.just("94500-6")),
    call=calls,
    status=st.sampled_from("PFCXD"),
    order=st.none() | codes,
    person=st.none() | st.just("p-aabbccdd:" + "0" * 32),
    targets=st.lists(targets, max_size=5).map(tuple),
    analyzer=st.builds(Analyzer, st.none() | texts, st.none() | texts),
)


def result(lab: LabResult, *, pool: bool = False) -> laboratory.Result:
    return laboratory.Result("/bv/edge-1/gx|S1", EVENT, "genexpert_01", AT, AT, lab, pool)


SARS = LabResult(
    "S-1",
    Code("COVID", "SARS-CoV-2", "94500-6"),
    "POS",
    "F",
    order="O-1",
    person="p-aabbccdd:" + "0" * 32,
    targets=(Target("E", call="POS", ct=18.6), Target("N2", call="NEG")),
    analyzer=Analyzer("GeneXpert", "123"),
)


def excursion(ids: Ids = IDS) -> list[AnyResource]:
    alarm = Alarm("a1b2", "cold.above", "critical", "RAISED", "fridge-01", AT)
    told = cold_chain.Incident(EVENT, "fridge-01", AT, alarm, AT, ("AZ-1",), ("discard", AT))
    return cold_chain.issue_of(told, PLACE, ids)


def delivery(ids: Ids = IDS) -> list[AnyResource]:
    moved = StockMoved(
        facility="tt-1", date="2021-07-26", lot="AZ-1", product="AstraZeneca", kind="received", doses=100
    )
    return supply.delivery_of("tt-1|AZ-1|2021-07-26|received|", EVENT, AT, moved, PLACE, ids)
