"""HL7 v2.5.1 result messages as PCR machines send them: ORU^R01 for one specimen, OUL^R22 for a whole run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulators.lab.er7 import components, escape, header, message, repetitions, segment
from simulators.lab.outcomes import Call, Outcome, TargetOutcome
from simulators.lab.patients import Patient
from simulators.province import AnalyzerPlan

RECEIVER, RECEIVING_FACILITY = "EPIHUB", "DONGNAI"
CHARACTER_SET = "UNICODE UTF-8"  # MSH-18, table HL70211
# OBX-5 as code, text, coding system; SNOMED CT where it has a concept for the answer.
ANSWERS: dict[Call, tuple[str, str, str]] = {
    "POS": ("260373001", "Detected", "SCT"),
    "NEG": ("260415000", "Not detected", "SCT"),
    "INVALID": ("455371000124106", "Invalid result", "SCT"),
    "ERROR": ("ERROR", "ERROR", "L"),
    "NO_RESULT": ("NO RESULT", "NO RESULT", "L"),
}
RUN_TIME = timedelta(hours=3)
SWAB = components("258500001", "Nasopharyngeal swab", "SCT")
ROLES = {True: components("Q", "Control specimen", "HL70369"), False: components("P", "Patient", "HL70369")}


@dataclass(frozen=True, slots=True)
class Envelope:
    """What one message says about itself; ``at`` needs a time zone."""

    control_id: str
    at: datetime
    operator: str = "KTV01"


def oru_r01(plan: AnalyzerPlan, envelope: Envelope, outcome: Outcome) -> bytes:
    """One specimen's result, the patient named in PID; a control has the PID of nobody."""
    at = _time(envelope.at)
    segments = [
        _msh(plan, envelope, "ORU^R01^ORU_R01", {}),
        _pid(outcome.patient),
        segment("ORC", {1: "RE", 2: _order(outcome), 3: escape(outcome.specimen)}),
        _obr(plan, envelope, outcome),
        *_observations(plan, envelope, outcome),
        segment("SPM", {1: "1", 2: escape(outcome.specimen), 4: SWAB, 11: ROLES[outcome.control], 17: at}),
    ]
    return message(segments)


def oul_r22(plan: AnalyzerPlan, envelope: Envelope, outcomes: Sequence[Outcome]) -> bytes:
    """A whole run in one message, one SPM group for each specimen, as cobas 4800 sends it.

    As on that machine every group has role Q, and a control shows by its INV of type CO only.
    """
    extra = {15: "ER", 16: "AL", 21: components("LAB-29", "IHE")}
    segments = [_msh(plan, envelope, "OUL^R22^OUL_R22", extra)]
    for number, outcome in enumerate(outcomes, 1):
        segments += _specimen_group(plan, envelope, number, outcome)
    return message(segments)


def _msh(plan: AnalyzerPlan, envelope: Envelope, kind: str, extra: dict[int, str]) -> str:
    fields = {
        3: plan.application,
        4: plan.facility,
        5: RECEIVER,
        6: RECEIVING_FACILITY,
        7: _time(envelope.at),
        9: kind,
        10: escape(envelope.control_id),
        11: "P",
        12: "2.5.1",
        18: CHARACTER_SET,
    }
    return header(fields | extra)


def _pid(patient: Patient | None) -> str:
    if patient is None:
        nobody = {3: components("QC", "", "", "LAB", "U"), 5: components("QC", "CONTROL")}
        return segment("PID", {1: "1"} | nobody)
    ids = (
        components(patient.national_id, "", "", "BCA", "NI"),
        components(patient.hospital_number, "", "", "HIS", "MR"),
    )
    fields = {
        1: "1",
        3: repetitions(*ids),
        5: components(patient.family, patient.given),
        7: patient.birth,
        8: patient.sex,
        11: components(patient.street, "", patient.district, "Đồng Nai", "", "VNM"),
        13: components(patient.phone),
    }
    return segment("PID", fields)


def _obr(plan: AnalyzerPlan, envelope: Envelope, outcome: Outcome) -> str:
    fields = {
        1: "1",
        2: _order(outcome),
        3: escape(outcome.specimen),
        4: components(outcome.assay.code, outcome.assay.text, outcome.assay.coding),
        7: _time(envelope.at),
        22: _time(envelope.at),
        25: outcome.status,
    }
    return segment("OBR", fields)


def _order(outcome: Outcome) -> str:
    return escape(outcome.order or f"O-{outcome.specimen}")


def _observations(plan: AnalyzerPlan, envelope: Envelope, outcome: Outcome) -> Iterator[str]:
    """The call of the test, then for each gene its call and Ct under one sub-id, then the comment."""
    tail = _observation_tail(plan, envelope, outcome)
    test = components(outcome.assay.code, outcome.assay.text, outcome.assay.coding)
    yield _coded(1, test, "", outcome.call, tail)
    number = 2
    for index, target in enumerate(outcome.targets, 1):
        for text in _target_observations(number, str(index), target, tail):
            yield text
            number += 1
    if outcome.comment:
        yield segment("NTE", {1: "1", 2: "L", 3: escape(outcome.comment)})


def _target_observations(
    number: int, part: str, outcome: TargetOutcome, tail: dict[int, str]
) -> Iterator[str]:
    target = outcome.target
    presence = components(target.presence_code, f"{target.name} gene", "LN")
    yield _coded(number, presence, part, outcome.call, tail)
    if outcome.ct is None:
        kind, value, unit = "ST", "Undetermined", ""
    else:
        kind, value, unit = "NM", f"{outcome.ct:.2f}", components("{cycles}", "cycles", "UCUM")
    what = components(target.ct_code, f"{target.name} gene Ct", "LN")
    fields = {1: str(number + 1), 2: kind, 3: what, 4: part, 5: value, 6: unit}
    yield segment("OBX", fields | tail)


def _coded(number: int, what: str, part: str, call: Call, tail: dict[int, str]) -> str:
    answer = components(*ANSWERS[call])
    return segment("OBX", {1: str(number), 2: "CWE", 3: what, 4: part, 5: answer} | tail)


def _observation_tail(plan: AnalyzerPlan, envelope: Envelope, outcome: Outcome) -> dict[int, str]:
    """Status, operator, equipment and time of analysis: OBX-11, OBX-16, OBX-18, OBX-19."""
    equipment = components(plan.serial, plan.model)
    return {11: outcome.status, 16: escape(envelope.operator), 18: equipment, 19: _time(envelope.at)}


def _specimen_group(plan: AnalyzerPlan, envelope: Envelope, number: int, outcome: Outcome) -> Iterator[str]:
    at = _time(envelope.at)
    equipment = repetitions(components(plan.model, "Roche"), components(plan.serial, "Roche"))
    tail = {11: outcome.status, 16: escape(envelope.operator), 18: equipment, 19: at}
    specimen, assay = escape(outcome.specimen), components(*(outcome.assay.code,) * 2, outcome.assay.coding)
    role = components("Q", "", "HL70369")
    yield segment("SPM", {1: str(number), 2: f"{specimen}&ROCHE", 4: '""', 11: role})
    yield segment("SAC", {3: specimen})
    if outcome.control:
        code = "NEGCONTROL" if outcome.call == "NEG" else _positive_control(outcome)
        good = components("OK", "", "HL70383")
        yield segment("INV", {1: components(code, "", "99ROC"), 2: good, 3: components("CO", "", "HL70384")})
    yield segment("OBR", {2: '""', 4: assay, 6: at})
    yield segment("ORC", {1: "SC", 5: "CM"})
    begun = _time(envelope.at - RUN_TIME)
    span = {
        1: "1",
        2: "DR",
        3: components("RunTimeRange", "Run", "99ROC"),
        4: "1.0",
        5: components(begun, at),
    }
    yield segment("OBX", span | tail)
    value, unit = _titer(outcome)
    full = components("Full", "", "99ROC")
    yield segment("OBX", {1: "2", 2: "ST", 3: assay, 4: "1.1", 5: escape(value), 6: unit, 8: full} | tail)
    plate = components(f"OE{plan.serial}", "", "99ROC")
    other = {1: '""', 3: components("OT", "", "HL70384"), 4: components("MwpId", "", "99ROC"), 5: plate}
    yield segment("INV", other)
    yield segment("NTE", {1: "1", 3: escape(outcome.comment or "F;NONE")})
    yield segment("NTE", {1: "2", 3: f"Ct:0 (MMx 1),{'N/A' if outcome.ct is None else f'{outcome.ct:.2f}'}"})


def _positive_control(outcome: Outcome) -> str:
    """High and low: a low one holds at most a thousand copies."""
    return "LPosCtrl" if outcome.titer is not None and outcome.titer < 1000 else "HPosCtrl"


def _titer(outcome: Outcome) -> tuple[str, str]:
    """OBX-5 and OBX-6 of a viral load."""
    if outcome.titer is not None:
        return f"{outcome.titer:.2E} cp/mL", components("1/mL", "", "UCUM")
    texts = {"POS": "< Titer min", "NEG": "Target Not Detected", "ERROR": "Failed"}
    return texts.get(outcome.call, "Invalid"), ""


def _time(at: datetime) -> str:
    """HL7 TS to the second, with the offset from UTC."""
    return at.strftime("%Y%m%d%H%M%S%z")
