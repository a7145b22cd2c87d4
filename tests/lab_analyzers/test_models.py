"""What the packaged profiles make of records as their machines write them, and what profiles can say."""

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.lab_analyzers.astm.results import AstmReader
from adapters.lab_analyzers.hl7_results import Reader
from adapters.lab_analyzers.profiles import load_profile
from hub.contract import Frame, Interpretation
from hub.payloads import LabResult
from hub.pseudonyms import KeyedPseudonyms
from tests.lab_analyzers.line import oru

KEY = KeyedPseudonyms(b"k" * 32, weak=False)
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
RECEIVED_MS = int(datetime(2026, 8, 1, tzinfo=UTC).timestamp() * 1000)


def of_records(profile: str, *records: str) -> Interpretation:
    reader = AstmReader(load_profile(profile), KEY, "bv", ZONE)
    return reader.interpret(Frame("\r".join([*records, ""]).encode()), RECEIVED_MS)


def of_message(raw: bytes, **rules: Any) -> LabResult:
    profile = load_profile("generic").model_copy(update=rules)
    (fact,) = Reader(profile, KEY, "bv", ZONE).interpret(Frame(raw), RECEIVED_MS).facts
    assert isinstance(fact.payload, LabResult)
    return fact.payload


def told(interpretation: Interpretation) -> list[tuple[Any, ...]]:
    """(specimen, test, call, status, control, value, unit) of each result."""
    assert interpretation.problems == ()
    payloads = [fact.payload for fact in interpretation.facts if isinstance(fact.payload, LabResult)]
    return [
        (p.specimen, p.test.code, p.call, p.status, p.control, p.targets[0].value, p.targets[0].unit)
        for p in payloads
    ]


def taqman(specimen: str, result: str, unit: str) -> Interpretation:
    return of_records(
        "cobas-taqman",
        "H|\\^&|||ALTM0000042^Roche^AMPLILINK^3.3.5.1002^Roche ASTM+^TM0000042^10.0.0.9||||||||1|20260714",
        "P|1",
        f"O|1|{specimen}|{specimen}|^^^ALL||20260710125523|||||A",
        f"R|1|^^^HI2CAP96|{result}|{unit}|20^10000000^TiterRanges|N||V||LAB|20260710175015|20260710205415|T96",
        "C|1||Accepted|G",
        "C|2|I|TM40^ STEP_CORR-2|I",
        "L|1|N",
    )


@pytest.mark.parametrize(
    ("specimen", "result", "unit", "expected"),
    [
        ("TM-0002/26", "2.52E+3 (3.40)", "cp/mL", ("POS", "F", 2520.0, "cp/mL")),
        ("TM-0003/26", "1035.95864507225", "cp/ml", ("POS", "F", 1035.95864507225, "cp/ml")),
        ("TM-0004/26", "Target Not Detected", "", ("NEG", "F", None, None)),
    ],
)
def test_cobas_taqman(specimen: str, result: str, unit: str, expected: tuple[Any, ...]) -> None:
    """R-9 = V is final; the assay is R-3's, not the ALL of O-5."""
    interpretation = taqman(specimen, result, unit)
    ((name, test, call, status, control, value, told_unit),) = told(interpretation)
    assert (name, test, control) == (specimen, "HI2CAP96", False)
    assert (call, status, value, told_unit) == expected
    moment = datetime.fromtimestamp(interpretation.facts[0].time_ms / 1000, UTC)
    assert moment == datetime(2026, 7, 10, 13, 54, 15, tzinfo=UTC)


@pytest.mark.parametrize(("specimen", "control"), [("QC 1", True), ("QC  20", True), ("TM-0009/26", False)])
def test_cobas_taqman_controls_go_by_their_names(specimen: str, control: bool) -> None:
    ((_, _, call, _, is_control, _, _),) = told(taqman(specimen, "58.98", "cp/ml"))
    assert (call, is_control) == ("POS", control)


def test_m2000_run_of_two() -> None:
    interpretation = of_records(
        "m2000",
        "H|\\^&|||m2000^8.1.9.0^275000042^H1P1O1R1C1L1|||||||P|1|20260712122248",
        "P|1",
        "O|1|DN01|DN01^HIV120726A^F7|^^^HIV0.6ml^HIV0.6ml|||||||||||||||||||||F",
        "R|1|^^^HIV0.6ml^HIV0.6ml^395139^1^^F|Not detected|Copies / mL||||F||adm||20260712122150|275000042",
        "R|2|^^^HIV0.6ml^HIV0.6ml^395139^1^^I|Target not detected|||||F||adm||20260712122150|275000042",
        "P|2",
        "O|2|DN02|DN02^HIV120726A^G7|^^^HIV0.6ml^HIV0.6ml|||||||||||||||||||||F",
        "R|1|^^^HIV0.6ml^HIV0.6ml^395139^1^^F|1250|Copies / mL||||F||adm||20260712122150|275000042",
        "L|1",
    )
    assert told(interpretation) == [
        ("DN01", "HIV0.6ml", "NEG", "F", False, None, None),
        ("DN02", "HIV0.6ml", "POS", "F", False, 1250.0, "Copies/mL"),
    ]
    assert [fact.key for fact in interpretation.facts] == [
        "DN01|HIV0.6ml|HIV120726A",
        "DN02|HIV0.6ml|HIV120726A",
    ]


def test_m2000_tells_a_failed_run_by_its_order_alone() -> None:
    """Beside the wells that have results: as many results as wells."""
    interpretation = of_records(
        "m2000",
        "H|\\^&|||m2000^8.1.9.0^275000042^H1P1O1R1C1L1|||||||P|1|20260712122248",
        "P|1",
        "O|1|DN01|DN01^HIV120726A^F7|^^^HIV0.6ml^HIV0.6ml|||||||||||||||||||||X",
        "C|1|I|4442 : Internal control cycle number is too high.|I",
        "P|2",
        "O|2|DN02|DN02^HIV120726A^G7|^^^HIV0.6ml^HIV0.6ml|||||||||||||||||||||F",
        "R|1|^^^HIV0.6ml^HIV0.6ml^395139^1^^F|Not detected|Copies / mL||||F||adm||20260712122150|275000042",
        "P|3",
        "O|3|DN03|DN03^HIV120726A^H7|^^^HIV0.6ml^HIV0.6ml|||||||||||||||||||||X",
        "L|1",
    )
    assert told(interpretation) == [
        ("DN01", "HIV0.6ml", "ERROR", "X", False, None, None),
        ("DN02", "HIV0.6ml", "NEG", "F", False, None, None),
        ("DN03", "HIV0.6ml", "ERROR", "X", False, None, None),
    ]
    payloads = [fact.payload for fact in interpretation.facts if isinstance(fact.payload, LabResult)]
    assert [target.flags for payload in payloads for target in payload.targets] == [("error:4442",), (), ()]
    assert [fact.key for fact in interpretation.facts] == [f"DN0{n}|HIV0.6ml|HIV120726A" for n in (1, 2, 3)]


def test_sysmex_xn_counts_are_numbers_of_one_specimen_each_its_own_test() -> None:
    interpretation = of_records(
        "sysmex-xn",
        "H|\\^&|||    XN-550^00-24^22723^^^^BD000042||||||||E1394-97",
        "P|1|||H77|^Tran^Binh||19870626|M",
        "O|1||^^                 DN-27^M|^^^^WBC\\^^^^HGB|||||||N||||||||||||||F",
        "R|1|^^^^WBC^1|8.13|10*3/uL||N||F||||20260712135407",
        "R|2|^^^^HGB^1|8.0|g/dL||L||F||||20260712135407",
        "L|1|N",
    )
    assert told(interpretation) == [
        ("DN-27", "WBC", "UNMAPPED", "F", False, 8.13, "10*3/uL"),
        ("DN-27", "HGB", "UNMAPPED", "F", False, 8.0, "g/dL"),
    ]
    assert "Tran" not in repr(interpretation)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("NEGATIVE~NEGATIVE", ("NEG", ())),
        ("NEGATIVE~POSITIVE", ("UNMAPPED", ("values_differ",))),
        ("20~40", ("UNMAPPED", ("values_differ",))),
        ("NEGATIVE~", ("UNMAPPED", ("values_differ",))),
    ],
)
def test_repeated_values_count_only_where_they_agree(
    value: str, expected: tuple[str, tuple[str, ...]]
) -> None:
    (target,) = of_message(oru(obx=[f"OBX|1|ST|T||{value}||||||F"], obr="OBR|1|O|S|T")).targets
    assert (target.call, target.flags) == expected


@pytest.mark.parametrize(
    ("specimen", "spm", "has_person"),
    [("S-1,S-2,S-3", "", False), ("S-1", "SPM|1||||||||||L", False), ("S-1", "SPM|1||||||||||P", True)],
)
def test_a_pool_is_nobodys_result(specimen: str, spm: str, has_person: bool) -> None:
    result = of_message(oru(specimen=specimen) + spm.encode() + b"\r")
    assert (result.person is not None) == has_person
    assert not result.control


@pytest.mark.parametrize(("specimen", "control"), [("NTC-1", True), ("XNTC-1", False), ("S-1", False)])
def test_controls_known_by_their_name_only(specimen: str, control: bool) -> None:
    result = of_message(oru(specimen=specimen), control_specimens=re.compile("NTC-[0-9]"))
    assert (result.control, result.person is None) == (control, control)


@pytest.mark.parametrize(("channel", "ct"), [(0, 37.68), (1, None), (3, 37.68), (9, None)])
def test_ct_of_the_channel_that_counts(channel: int, ct: float | None) -> None:
    """Channel 3 of a cobas 6800 is its internal control: it has a Ct also where nothing was found."""
    rows = ["OBX|1|ST|HIV||NEG||||||F", "OBX|2|NA|HIV||^^37.68||||||F"]
    raw = oru(obx=rows, obr="OBR|1|O|S|HIV")
    (target,) = of_message(raw, ct_types=frozenset(("NA",)), ct_component=channel).targets
    assert (target.call, target.ct) == ("NEG", ct)


def test_a_row_type_that_is_a_picture_is_in_no_event_and_costs_the_others_nothing() -> None:
    picture = "iVBORw0KGgo" * 10_000
    rows = ["OBX|1|ST|WBC||NEG||||||F", f"OBX|2|ED|HIST||^IMAGE^PNG^Base64^{picture}||||||F"]
    result = of_message(oru(obx=rows, obr="OBR|1|O|S|WBC"))
    assert [target.code for target in result.targets] == ["WBC"]
    assert "iVBOR" not in repr(result)


@pytest.mark.parametrize("model", ["m2000", "cobas-taqman"])
def test_models_that_no_source_shows_taking_orders_take_none(model: str) -> None:
    """Over ASTM and HL7 (docs/adapters/profiles.md)."""
    profile = load_profile(model)
    assert profile.orders.source.startswith("none: ")
    assert (profile.records.orders.taken, profile.orders.hl7) == (False, "none")
