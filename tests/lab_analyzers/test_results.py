"""What messages mean: specimens, targets, calls, controls, times, persons; and what is missing."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hl7apy.core import Message
from hypothesis import given
from hypothesis import strategies as st

from adapters.lab_analyzers.er7 import MAX_SEGMENTS
from adapters.lab_analyzers.groups import MAX_GROUPS, MAX_ROWS
from adapters.lab_analyzers.hl7_results import Reader
from adapters.lab_analyzers.profiles import load_profile, names
from hub.contract import Fact, Frame, Interpretation
from hub.payloads import LabResult
from hub.pseudonyms import KeyedPseudonyms
from tests.lab_analyzers.line import MSH, oru

KEY = KeyedPseudonyms(b"k" * 32, weak=False)
RECEIVED_MS = int(datetime(2026, 3, 1, 4, tzinfo=UTC).timestamp() * 1000)
OBSERVED_MS = int(datetime(2026, 3, 1, 3, 15, tzinfo=UTC).timestamp() * 1000)


def read(raw: bytes, profile: str = "generic") -> Interpretation:
    reader = Reader(load_profile(profile), KEY, "bv", ZoneInfo("Asia/Ho_Chi_Minh"))
    return reader.interpret(Frame(raw, "C", "10.0.0.1"), RECEIVED_MS)


def one(raw: bytes, profile: str = "generic") -> tuple[LabResult, Fact]:
    interpretation = read(raw, profile)
    assert interpretation.problems == ()
    (fact,) = interpretation.facts
    assert isinstance(fact.payload, LabResult)
    return fact.payload, fact


def obx(
    code: str, value: str, kind: str = "ST", unit: str = "", abnormal: str = "", status: str = "F"
) -> str:
    return f"OBX|1|{kind}|{code}||{value}|{unit}||{abnormal}|||{status}|||20260301101500"


def reasons(interpretation: Interpretation) -> list[tuple[str, str]]:
    return [(problem.reason, problem.place) for problem in interpretation.problems]


def test_a_positive_result() -> None:
    result, fact = one(oru())
    assert (result.specimen, result.order, result.call, result.status) == ("SP-1", "ORD-9", "POS", "F")
    assert (result.test.code, result.test.loinc, result.test.text) == ("94500-6", "94500-6", "SARS-CoV-2 RNA")
    assert result.person == KEY.patient("bv", "P77")
    assert not result.control
    assert (fact.key, fact.time_ms, fact.timesource) == ("SP-1|94500-6|", OBSERVED_MS, "observation")


def test_no_transport_fact_is_in_key_or_payload() -> None:
    first = one(oru("M1"))[1]
    again = one(oru("M2", msh=MSH.replace("20260301103000", "20260301104500")))[1]
    assert first == again


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("260373001^Detected^SCT", "POS"),
        ("260415000^Not detected^SCT", "NEG"),
        ("LA15841-2^Invalid^LN", "INVALID"),
        ("XX^Negative^L", "NEG"),
        ("NEG", "NEG"),
        ("x^y^L^260373001^z^SCT", "POS"),
        ("^Positive", "POS"),
        ("X1^no idea^L", "UNMAPPED"),
    ],
)
def test_coded_answers(code: str, call: str) -> None:
    assert one(oru(obx=[obx("94500-6^x^LN", code, "CWE")]))[0].call == call


def test_an_unknown_answer_code_is_kept_as_a_flag_and_its_text_is_not() -> None:
    (target,) = one(oru(obx=[obx("94500-6^x^LN", "1234567^Nguyen Van A^SCT", "CE")]))[0].targets
    assert target.flags == ("code:1234567",)
    assert (target.call, target.text) == ("UNMAPPED", "SARS-CoV-2 RNA")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (obx("VL", "326000", "NM", "cp/mL"), ("POS", 326000.0, None, "cp/mL", ())),
        (obx("VL", "<^20", "SN", "IU/mL"), ("POS", 20.0, "<", "IU/mL", ("below_range",))),
        (obx("VL", ">1E7 cp/mL", "ST"), ("POS", 1e7, ">", "cp/mL", ("above_range",))),
        (obx("VL", "DETECTED", "ST", "", "<"), ("POS", None, "<", None, ("abnormal:<", "below_range"))),
        (obx("HGB", "13.2", "NM", "g/dL", "H"), ("UNMAPPED", 13.2, None, "g/dL", ("abnormal:H",))),
        (obx("VL", "0", "NM", "cp/mL"), ("UNMAPPED", 0.0, None, "cp/mL", ())),
        (obx("VL", "2.1", "NM", "S/CO", "POS"), ("POS", 2.1, None, "S/CO", ())),
        (obx("VL", "***.**", "NM", "g/dL"), ("NO_RESULT", None, None, None, ())),
        (obx("VL", "", "", "", "", "X"), ("NO_RESULT", None, None, None, ())),
        (obx("VL", "", "ST"), ("UNMAPPED", None, None, None, ())),
        (obx("VL", "7", "NM", "Nguyen Van A"), ("UNMAPPED", 7.0, None, None, ())),
    ],
)
def test_values(row: str, expected: tuple[object, ...]) -> None:
    (target,) = one(oru(obx=[row]))[0].targets
    assert (target.call, target.value, target.comparator, target.unit, target.flags) == expected


def test_ct_goes_to_its_gene_and_a_stranger_stays_alone() -> None:
    rows = [
        obx("94533-7^N^LN", "260373001", "CWE"),
        obx("94559-2^ORF^LN", "260373001", "CWE"),
        obx("94510-5^Ct N^LN", "21.5", "NM", "Ct"),
        obx("94644-2^Ct ORF^LN", "0.0", "NM", "Ct"),
        obx("94642-6^Ct S^LN", "33", "NM", "Ct"),
    ]
    result = one(oru(obx=rows, obr="OBR|1|O|S1|95941-1^panel^LN"))[0]
    assert [(t.code, t.call, t.ct) for t in result.targets] == [
        ("94533-7", "POS", 21.5),
        ("94559-2", "POS", None),
        ("94642-6", "UNMAPPED", 33.0),
    ]
    assert result.call == "POS"


def test_a_single_ct_goes_to_the_single_target() -> None:
    rows = [obx("COV^x^L", "Not detected"), obx("COV-CT^Ct value^L", "28.5", "NM", "Ct")]
    (target,) = one(oru(obx=rows, obr="OBR|1|O|S1|COV"))[0].targets
    assert (target.call, target.ct) == ("NEG", 28.5)


def test_ct_by_sub_id_and_array() -> None:
    rows = [
        "OBX|1|ST|E^E^L|1|POSITIVE||||||F",
        "OBX|2|ST|N^N^L|2|NEGATIVE||||||F",
        "OBX|3|NA|K^Ct^L|1|^36.51^37||||||F",
    ]
    result = one(oru(obx=rows, obr="OBR|1|O|S1|PANEL"))[0]
    assert [(t.code, t.ct) for t in result.targets] == [("E", 36.51), ("N", None)]


def test_a_loinc_code_with_a_wrong_digit_is_kept_and_flagged() -> None:
    rows = [obx("94500-6^x^LN", "260415000", "CWE"), obx("94642-2^Ct target 2^LN", "30.1", "NM", "cycles"),
            obx("94642-3^Ct target 3^LN", "31.1", "NM", "cycles")]  # fmt: skip
    result = one(oru(obx=rows))[0]
    assert result.call == "NEG"
    assert [(t.code, t.loinc, t.ct, t.flags) for t in result.targets[1:]] == [
        ("94642-2", None, 30.1, ("loinc_checksum",)),
        ("94642-3", None, 31.1, ("loinc_checksum",)),
    ]


@pytest.mark.parametrize(
    ("statuses", "order", "expected"),
    [
        (["F", "F"], "", "F"),
        (["P", "F"], "F", "P"),
        (["C", "F"], "F", "C"),
        (["D"], "F", "D"),
        (["W"], "F", "D"),
        (["I"], "F", "P"),
        (["X", "X"], "F", "X"),
        ([""], "P", "P"),
        ([""], "C", "C"),
        (["?"], "", "F"),
    ],
)
def test_status(statuses: list[str], order: str, expected: str) -> None:
    rows = [obx(f"T{index}", "NEG", status=status) for index, status in enumerate(statuses)]
    assert one(oru(obx=rows, obr="OBR|1|O|S1|PANEL" + "|" * 21 + order))[0].status == expected


def test_the_row_of_the_test_decides_call_and_status() -> None:
    rows = [obx("N", "POSITIVE", status="P"), obx("PANEL", "NEGATIVE", status="C")]
    result = one(oru(obx=rows, obr="OBR|1|O|S1|PANEL"))[0]
    assert (result.call, result.status) == ("NEG", "C")


@pytest.mark.parametrize(
    ("pid3", "kind"),
    [
        ("075201000123^^^CA^NI", "person"),
        ("H1^^^BV^MR~075201000123^^^CA^NNVNM", "person"),
        ("075201000123^^^BV^MR", "patient"),
        ("12345^^^CA^NI", "patient"),
        ("H1", "patient"),
        ("", "none"),
        ('""', "none"),
    ],
)
def test_person(pid3: str, kind: str) -> None:
    person = one(oru(pid=f"PID|1||{pid3}||Tran^B"))[0].person
    number = pid3.partition("^")[0].partition("~")[0]
    assert (
        person
        == {"person": KEY.person("vnid", "075201000123"), "patient": KEY.patient("bv", number), "none": None}[
            kind
        ]
    )


def test_a_second_patient_in_a_message_is_not_the_first() -> None:
    raw = oru() + oru(specimen="SP-2", pid="PID|2||P78^^^BV^MR").split(b"\r", 1)[1]
    first, second = (fact.payload for fact in read(raw).facts)
    assert isinstance(first, LabResult)
    assert isinstance(second, LabResult)
    assert (first.specimen, second.specimen) == ("SP-1", "SP-2")
    assert (first.person, second.person) == (KEY.patient("bv", "P77"), KEY.patient("bv", "P78"))


def test_names_typed_as_ids_leave_hashed_only() -> None:
    raw = oru(obr="OBR|1|0912345678|Trần B|94500-6^Nguyen Van C^LN",
              obx=[obx("Lê Văn D^Lê Văn D", "Phạm E", unit="Hồ F") + "||Operator\rNTE|1||Vũ H"])  # fmt: skip
    text = repr(read(raw).facts)
    for name in ("Trần", "0912345678", "Nguyen", "Lê", "Phạm", "Hồ", "Operator", "Vũ", "P77", "Nguyễn"):
        assert name not in text
    result = one(raw)[0]
    assert result.specimen.startswith("h:")
    assert (result.order or "").startswith("h:")


def specimen_group(specimen: str, role: str = "P", code: str = "HIV", value: str = "NEGATIVE") -> str:
    return (
        f"SPM|1|{specimen}||SER|||||||{role}\rSAC|||{specimen}\rOBR||ORD-{specimen}||{code}\rORC|SC\r"
        f"OBX|1|ST|{code}^{code}^L|1|{value}||||||F||||||||20260301101500\r"
    )


OUL = "MSH|^~\\&|A|B|C|D|20260301103000||OUL^R22^OUL_R22|M1|P|2.5.1\r"


def test_oul_gives_one_result_a_specimen() -> None:
    raw = OUL + specimen_group("S1&LAB") + specimen_group("S2", value="POSITIVE") + specimen_group("QC1", "Q")
    results = [fact.payload for fact in read(raw.encode()).facts]
    assert [(r.specimen, r.call, r.control, r.order) for r in results if isinstance(r, LabResult)] == [
        ("S1", "NEG", False, "ORD-S1"),
        ("S2", "POS", False, "ORD-S2"),
        ("QC1", "NEG", True, "ORD-QC1"),
    ]


def test_a_specimen_without_id_or_test_does_not_hold_up_the_others() -> None:
    raw = (
        OUL
        + specimen_group("")
        + specimen_group("S2")
        + "SPM|3|S3\rOBX|1|ST|VOLUME||5\r"
        + specimen_group('""')
    )
    interpretation = read(raw.encode())
    assert [fact.key for fact in interpretation.facts] == ["S2|HIV|"]
    assert reasons(interpretation) == [
        ("hl7.no_test", "segment 12"),
        ("hl7.no_specimen", "segment 4, segment 16"),
    ]
    assert all(problem.raw == raw.encode() for problem in interpretation.problems)


def test_a_control_is_never_a_person() -> None:
    for raw in (
        oru(msh=MSH.replace("|P|2.5.1", "|Q|2.5.1")),
        oru() + b"SPM|1||||||||||Q\r",
    ):
        result = one(raw)[0]
        assert (result.control, result.person) == (True, None)


def test_patient_specimens_are_no_controls() -> None:
    for role in ("P", "", "G", "L", "R"):
        assert not one(oru() + f"SPM|1||||||||||{role}\r".encode())[0].control


def test_spm_behind_an_oru_order_names_its_specimen() -> None:
    result, _ = one(oru() + b"SPM|1|TUBE-5&LAB\rOBX|1|NM|VOLUME||5|mL\r")
    assert result.specimen == "TUBE-5"
    assert len(result.targets) == 1


@pytest.mark.parametrize(
    ("row", "obr22", "msh7", "expected"),
    [
        ("20260301101500|||||20260301101600", "", "", ("03:16", "observation", ())),
        ("20260301101500", "20260301090000", "", ("03:15", "observation", ())),
        ("", "20260301090000", "", ("02:00", "observation", ())),
        ("", "", "20260301080000", ("01:00", "message", ())),
        ("", "", "20260301080000+0000", ("04:00", "received", ("time_rejected",))),
        ("00000101000000", "20260301090000", "", ("02:00", "observation", ("time_rejected",))),
        ("20270301101500", "", "20260301080000", ("01:00", "message", ("time_rejected",))),
        ("", "", "", ("04:00", "received", ())),
    ],
)
def test_times(row: str, obr22: str, msh7: str, expected: tuple[str, str, tuple[str, ...]]) -> None:
    msh = MSH.replace("20260301103000", msh7)
    raw = oru(msh=msh, obr="OBR|1|O|S1|T" + "|" * 18 + obr22, obx=[f"OBX|1|ST|T||NEG||||||F|||{row}"])
    result, fact = one(raw)
    clock = datetime.fromtimestamp(fact.time_ms / 1000, UTC).strftime("%H:%M")
    assert (clock, fact.timesource, result.targets[0].flags) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (oru(msh="MSH|^~\\&|A|B|C|D|20260301||ADT^A01|M|P|2.5"), ("hl7.unsupported_type", "MSH-9")),
        (oru(msh="MSH|^~\\&|A|B|C|D|20260301|||M|P|2.5"), ("hl7.unsupported_type", "MSH-9")),
        (oru(obx=[]), ("hl7.no_result", "segment 3")),
        (oru(obr="ZZZ|1"), ("hl7.no_test", "segment 4")),
        (oru(obr="ZZZ|1", obx=[]), ("hl7.no_result", "OBX")),
        (oru(obr="OBR|1|||T"), ("hl7.no_specimen", "segment 3")),
        (oru(obr="OBR|1|O|S"), ("hl7.no_test", "segment 3")),
        (oru(obx=["OBX|1|ED|PDF||^^^Base64^AAAA||||||F"]), ("hl7.no_result", "segment 3")),
        (oru(obx=["OBX|1|TX|||a line of a report||||||F"]), ("hl7.no_result", "segment 3")),
        (oru() + oru(), ("hl7.several_messages", "segment 5")),
        (oru(obx=["NTE|1"] * (MAX_SEGMENTS + 1)), ("hl7.too_many", "segments")),
        (oru(obx=[obx("T", "NEG")] * (MAX_ROWS + 1)), ("hl7.too_many", f"segment {4 + MAX_ROWS}")),
    ],
)
def test_what_means_nothing_is_told_with_its_place(raw: bytes, expected: tuple[str, str]) -> None:
    interpretation = read(raw)
    assert interpretation.facts == ()
    assert reasons(interpretation) == [expected]
    (problem,) = interpretation.problems
    assert (problem.raw, problem.control, problem.origin) == (raw, "C", "10.0.0.1")


def test_groups_are_bounded() -> None:
    many = oru(obx=[], obr="\r".join("OBR|1|O|S|T\rOBX|1|ST|T||NEG||||||F" for _ in range(MAX_GROUPS + 2)))
    interpretation = read(many)
    assert len(interpretation.facts) == MAX_GROUPS
    assert reasons(interpretation)[0][0] == "hl7.too_many"


def test_the_largest_event_fits_the_bus() -> None:
    from msgspec import json

    rows = [obx("Z" * 32, "1234567^x^SCT", "CWE", abnormal="HH", status="F")] * MAX_ROWS
    assert len(json.encode(one(oru(obx=rows))[0])) < 200_000


def test_orm_and_hl7apy_built_messages() -> None:
    message = Message("ORU_R01", version="2.5.1")
    message.msh.msh_3, message.msh.msh_10, message.msh.msh_9 = "XP", "A-1", "ORU^R01^ORU_R01"
    message.msh.msh_7 = "20260301103000"
    message.add_group("ORU_R01_PATIENT_RESULT")
    result = message.oru_r01_patient_result
    result.add_group("ORU_R01_ORDER_OBSERVATION")
    order = result.oru_r01_order_observation
    order.obr.obr_3, order.obr.obr_4 = "SP-9", "94500-6^SARS-CoV-2 RNA^LN"
    order.add_group("ORU_R01_OBSERVATION")
    order.oru_r01_observation.obx.obx_2 = "ST"
    order.oru_r01_observation.obx.obx_3 = "94500-6^SARS-CoV-2 RNA^LN"
    order.oru_r01_observation.obx.obx_5 = "NEGATIVE"
    order.oru_r01_observation.obx.obx_11 = "F"
    payload, _ = one(message.to_er7().encode())
    assert (payload.specimen, payload.call, payload.status) == ("SP-9", "NEG", "F")


def test_other_delimiters_mean_the_same() -> None:
    raw = oru()
    other = (
        raw.replace(b"^~\\&", b"\0", 1).translate(bytes.maketrans(b"|^", b"#*")).replace(b"\0", b"*~\\&", 1)
    )
    assert one(other)[1] == one(raw)[1]


@pytest.mark.parametrize("profile", names())
def test_profiles_load_and_name_their_source(profile: str) -> None:
    assert load_profile(profile).source


LINES = st.sampled_from(
    ["PID|1||X^^^A^NI~Y", "SPM|1|S1&L", "SAC|||S", "INV|A|OK|CO", "ORC|RE|1|2", "OBR|1|O|S|T",
     "OBX|1|ST|T||NEG||||||F",     "OBX|1|SN|T||<^5|cp/mL|||||P", "OBX|1|NA|T^Ct||1^2",
     "NTE|1||Ct:0 (MMx 1),26.71", "MSH|^~\\&|", "ZZZ", ""]
)  # fmt: skip
FIELDS = st.text(alphabet='|^~\\&"<>=.,0123456789XE\r\nAé٣ ', max_size=60)


@given(
    st.lists(LINES | FIELDS | st.builds("{}|{}".format, LINES, FIELDS), max_size=25), st.sampled_from(names())
)
def test_hostile_messages_never_raise(lines: list[str], profile: str) -> None:
    raw = (OUL + "\r".join(lines)).encode()
    interpretation = read(raw, profile)
    assert interpretation.facts or interpretation.problems


@given(st.binary(max_size=500), st.sampled_from(names()))
def test_hostile_bytes_never_raise(garbage: bytes, profile: str) -> None:
    for start in (b"", b"MSH|", OUL.encode(), OUL.encode() + b"OBR|1|O|S|T\rOBX|1|"):
        interpretation = read(start + garbage, profile)
        assert interpretation.facts or interpretation.problems
