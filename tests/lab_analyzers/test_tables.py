"""Tables that cyclers export: columns by the profile, controls apart, no call out of a Ct alone."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.lab_analyzers.profiles import Profile, load_profile, names
from adapters.lab_analyzers.sheets import MAX_ROWS
from adapters.lab_analyzers.tables import MAX_GROUPS, MAX_TARGETS, TableReader
from hub.contract import Frame, Interpretation
from hub.payloads import LabResult
from hub.pseudonyms import KeyedPseudonyms

KEY = KeyedPseudonyms(b"k" * 32, weak=False)
RECEIVED_MS = int(datetime(2026, 8, 1, tzinfo=UTC).timestamp() * 1000)

QUANTSTUDIO = """\
* Experiment Barcode = RUN-77\r
* Experiment Run End Time = 2026-07-12 14:30:00\r
* Operator = Trần Thị B\r
\r
[Results]\r
Well\tWell Position\tSample Name\tTarget Name\tTask\tCT\tQuantity\tQuantity Mean\tComments\r
1\tA1\tDN-1\tVIH-1\tUNKNOWN\t24.91\t1480.5\t1500.0\tNguyễn Văn A\r
2\tA2\tDN-2\tVIH-1\tUNKNOWN\tUndetermined\t\t\t\r
3\tA3\tDN-2\tMS2\tUNKNOWN\t27.10\t\t\t\r
4\tA4\tNTC-1\tVIH-1\tNTC\tUndetermined\t\t\t\r
5\tA5\tS5\tVIH-1\tSTANDARD\t18.2\t100000\t100000\t\r
6\tA6\t\t\t\t\t\t\t\r
\r
Analysis Type\tSingleplex\r
"""
CFX = """\
File Name,plate-9.pcrd
Run Ended,07/12/2026 07:30:00 UTC
Well,Fluor,Target,Content,Sample,Cq,Starting Quantity (SQ)
A01,FAM,ORF1ab,Unkn-01,DN-1,23.45,NaN
A01,HEX,N,Unkn-01,DN-1,24.02,NaN
H12,FAM,ORF1ab,Pos Ctrl-01,PC,20.10,NaN
"""
FLUOROCYCLER = """\
SampleID;WellPosition;TargetName;CalcConc;Interpretation;Type
DN-1;A1;VIH-1;2500;Positive;Sample
DN-2;A2;VIH-1;;Negative;Sample
DN-3;A3;VIH-1;;không rõ;Sample
C+;A4;VIH-1;10000;Positive;Positive
"""


def read(text: str | bytes, profile: str | Profile) -> Interpretation:
    rules = load_profile(profile) if isinstance(profile, str) else profile
    raw = text.encode() if isinstance(text, str) else text
    return TableReader(rules, KEY, "bv", ZoneInfo("Asia/Ho_Chi_Minh")).interpret(Frame(raw), RECEIVED_MS)


def told(interpretation: Interpretation) -> list[tuple[Any, ...]]:
    """(specimen, test, call, control, [(target, value, unit, ct)]) of each result."""
    payloads = [fact.payload for fact in interpretation.facts if isinstance(fact.payload, LabResult)]
    return [
        (p.specimen, p.test.code, p.call, p.control, [(t.code, t.value, t.unit, t.ct) for t in p.targets])
        for p in payloads
    ]


def test_quantstudio() -> None:
    interpretation = read(QUANTSTUDIO, "quantstudio")
    assert told(interpretation) == [
        ("DN-1", "VIH-1", "POS", False, [("VIH-1", 1500.0, "copies/mL", 24.91)]),
        ("DN-2", "VIH-1", "UNMAPPED", False, [("VIH-1", None, None, None)]),
        ("NTC-1", "VIH-1", "UNMAPPED", True, [("VIH-1", None, None, None)]),
        ("S5", "VIH-1", "POS", True, [("VIH-1", 100000.0, "copies/mL", 18.2)]),
    ]
    first = interpretation.facts[0]
    assert first.key == "DN-1|VIH-1|RUN-77"
    assert datetime.fromtimestamp(first.time_ms / 1000, UTC) == datetime(2026, 7, 12, 7, 30, tzinfo=UTC)
    for name in ("Trần", "Nguyễn"):
        assert name not in repr(interpretation.facts)


def test_cfx_has_no_call_of_its_own() -> None:
    interpretation = read(CFX, "cfx")
    assert told(interpretation) == [
        ("DN-1", "ORF1ab", "UNMAPPED", False, [("ORF1ab", None, None, 23.45)]),
        ("DN-1", "N", "UNMAPPED", False, [("N", None, None, 24.02)]),
        ("PC", "ORF1ab", "UNMAPPED", True, [("ORF1ab", None, None, 20.1)]),
    ]
    assert {fact.timesource for fact in interpretation.facts} == {"observation"}
    assert {fact.time_ms for fact in interpretation.facts} == {
        int(datetime(2026, 7, 12, 7, 30, tzinfo=UTC).timestamp() * 1000)
    }


def test_fluorocycler() -> None:
    assert told(read(FLUOROCYCLER, "fluorocycler")) == [
        ("DN-1", "VIH-1", "POS", False, [("VIH-1", 2500.0, "copies/mL", None)]),
        ("DN-2", "VIH-1", "NEG", False, [("VIH-1", None, None, None)]),
        ("DN-3", "VIH-1", "UNMAPPED", False, [("VIH-1", None, None, None)]),
        ("h:" + KEY.label("C+")[2:], "VIH-1", "POS", True, [("VIH-1", 10000.0, "copies/mL", None)]),
    ]


def test_rows_of_one_test_are_its_targets() -> None:
    rules = load_profile("cfx")
    table = rules.table.model_copy(update={"test_code": "COV"})
    rules = rules.model_copy(update={"table": table, "words": {"amplified": "POS"}})
    text = "Sample,Target,Call,Cq\nDN-1,ORF1ab,Amplified,30\nDN-1,N,Negative,N/A\n"
    assert told(read(text, rules)) == [
        ("DN-1", "COV", "POS", False, [("ORF1ab", None, None, 30.0), ("N", None, None, None)])
    ]


def test_an_amount_beside_another_call_does_not_change_it() -> None:
    text = FLUOROCYCLER.replace("DN-2;A2;VIH-1;;Negative", "DN-2;A2;VIH-1;7;Negative")
    assert told(read(text, "fluorocycler"))[1] == (
        "DN-2",
        "VIH-1",
        "NEG",
        False,
        [("VIH-1", None, None, None)],
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig"])
def test_line_ends_and_marks(end: str, charset: str) -> None:
    raw = FLUOROCYCLER.replace("\n", end).encode(charset)
    assert told(read(raw, "fluorocycler")) == told(read(FLUOROCYCLER, "fluorocycler"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("table.no_header", "row 1")),
        ("a;b;c\n1;2;3", ("table.no_header", "row 1")),
        ("SampleID;TargetName\n", ("table.no_result", "rows")),
        ("SampleID;TargetName\nDN-1;\n", ("table.no_test", "row 2")),
        ("SampleID;TargetName\n" + "x;y\n" * MAX_ROWS, ("table.too_many", "rows")),
        ("SampleID;TargetName\n" + "x;y\n" * (MAX_TARGETS + 1), ("table.too_many", f"row {MAX_TARGETS + 2}")),
        (
            "SampleID;TargetName\n" + "".join(f"S{n};y\n" for n in range(MAX_GROUPS + 1)),
            ("table.too_many", f"row {MAX_GROUPS + 2}"),
        ),
        ('SampleID;TargetName\n"' + "x" * 200_000, ("table.too_many", "rows")),
    ],
    ids=["empty", "other", "header-only", "no-target", "rows", "targets", "specimens", "cell"],
)
def test_what_means_nothing_is_told_with_its_place(text: str, expected: tuple[str, str]) -> None:
    interpretation = read(text, "fluorocycler")
    assert [(problem.reason, problem.place) for problem in interpretation.problems] == [expected]
    assert all(problem.raw == text.encode() for problem in interpretation.problems)


CELLS = st.sampled_from(
    ["SampleID", "TargetName", "Type", "DN-1", "Positive", "1e5", "", '"', "\x00", "é", "Standard"]
)


@given(st.lists(st.lists(CELLS, max_size=8).map(";".join), max_size=20), st.sampled_from(names()))
def test_any_table_is_read_or_refused(lines: list[str], profile: str) -> None:
    interpretation = read("\n".join(lines), profile)
    assert interpretation.facts or interpretation.problems


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(garbage: bytes) -> None:
    for start in (b"", FLUOROCYCLER.encode()):
        interpretation = read(start + garbage, "fluorocycler")
        assert interpretation.facts or interpretation.problems
