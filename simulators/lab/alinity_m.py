"""Alinity m: one OUL^R22 a specimen, which only SAC-3 names; MSH-3 is empty."""

from simulators.lab.er7 import components, escape, header, message, repetitions, segment
from simulators.lab.hl7_builder import CHARACTER_SET, Envelope
from simulators.lab.outcomes import Outcome
from simulators.province import AnalyzerPlan


def alinity_m(plan: AnalyzerPlan, envelope: Envelope, outcome: Outcome) -> bytes:
    """A failed run has a row without type and value, and X."""
    at = f"{envelope.at:%Y%m%d%H%M%S}"
    test = components(outcome.assay.code, outcome.assay.text, outcome.assay.coding)
    role = components("Q", "Control specimen", "HL70369") if outcome.control else _PATIENT
    equipment = repetitions(components("Alinity m", "Abbott"), components(plan.serial, "Abbott"))
    row = {1: "1", 3: test, 8: '""', 11: outcome.status, 16: escape(envelope.operator), 18: equipment, 19: at}
    segments = [
        header(_head(envelope)),
        segment("SPM", {1: "1", 4: components("PLAS", "Plasma", "HL70487"), 11: role}),
        segment("SAC", {3: escape(outcome.specimen), 10: "A000007", 11: "3", 15: _POSITION}),
        segment("OBR", {2: '""', 4: test}),
        segment("ORC", {1: "SC", 5: "CM"}),
        segment("OBX", row | _value(outcome) | {29: "RSLT"}),
        segment("INV", {1: test, 2: components("NA", "Not applicable", "HL70383"), 3: _CALIBRATION}),
    ]
    return message(segments)


_PATIENT = components("P", "Patient", "HL70369")
_POSITION = components("1", "Position", "99ABT")
_CALIBRATION = components("CA", "Calibration", "99ABT")


def _head(envelope: Envelope) -> dict[int, str]:
    return {
        7: envelope.at.strftime("%Y%m%d%H%M%S%z"),
        9: components("OUL", "R22", "OUL_R22"),
        10: escape(envelope.control_id),
        11: "P",
        12: "2.5.1",
        15: "NE",
        16: "AL",
        18: CHARACTER_SET,
        21: components("LAB-29", "IHE"),
    }


def _value(outcome: Outcome) -> dict[int, str]:
    if outcome.status == "X":
        return {}
    unit = components("", "Copies/mL")
    if outcome.titer is not None:
        return {2: "NM", 5: f"{outcome.titer:.0f}", 6: unit}
    if outcome.is_below:
        low, _ = outcome.assay.titer_range or (0, 0)
        return {2: "ST", 5: f"< {low:.0f}", 6: unit}
    return {2: "ST", 5: "Not Detected"}
