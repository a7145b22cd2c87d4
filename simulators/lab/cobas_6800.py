"""A cobas 6800 run: one OUL^R22 (HL7 2.5, ASCII) of many specimens, each with its own OBX family.

SPM-1 is empty, SAC names nobody. The number is a mantissa of three digits with the power of ten in the unit;
where there is none, OBX-5 says ValueNotSet and the call is in words in the row with sub-id 1/2. Ct values are
an NA array, the last channel that of the internal control.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from simulators.lab.er7 import components, escape, message, repetitions, segment
from simulators.lab.hl7_builder import Envelope
from simulators.lab.outcomes import Outcome
from simulators.province import AnalyzerPlan

INTERNAL_CT = "35.87"
FAILURE_CODES = repetitions("P02T", "P01T", "C02H1")


def cobas_6800(plan: AnalyzerPlan, envelope: Envelope, outcomes: Sequence[Outcome]) -> bytes:
    """A whole run; times without zone, as the machine writes them."""
    at, control_id = _time(envelope.at), escape(envelope.control_id)
    header = f"MSH|^~\\&|{plan.application}|{plan.facility}|LIS||{at}||OUL^R22|{control_id}|P|2.5||||||ASCII"
    segments = [header]
    for outcome in outcomes:
        segments += _group(plan, envelope, outcome)
    return message(segments)


def _group(plan: AnalyzerPlan, envelope: Envelope, outcome: Outcome) -> Iterator[str]:
    test = components(outcome.assay.code, outcome.assay.text, outcome.assay.coding)
    dyes = segment("TCD", {1: test, 2: "^1^:^0"})
    plasma = components("PLAS", "plasma", "HL70487")
    role = "Q" if outcome.control else "P"
    yield segment("SPM", {2: escape(outcome.specimen), 4: plasma, 11: role, 27: ""})
    yield segment("SAC", {21: "500", 24: components("uL", "", "UCUM")})
    yield segment("OBR", {1: "1", 4: test, 11: "A"})
    tail = _tail(plan, envelope, outcome)
    for number, fields in enumerate(_rows(outcome, test), 1):
        yield segment("OBX", {1: str(number)} | fields | tail)
        if number == 1:
            yield dyes


def _rows(outcome: Outcome, test: str) -> Iterator[dict[int, str]]:
    channel = components(outcome.assay.channel, outcome.assay.channel, "99ROC")
    if outcome.status == "X":
        yield {3: channel, 8: "P02T"}
        yield {3: test, 4: "1/1", 8: FAILURE_CODES}
        yield {2: "ST", 3: test, 4: "1/2", 5: "Invalid", 8: '""'}
        return
    yield {3: channel} | _number(outcome)
    yield {2: "NA", 3: channel, 5: f"{'' if outcome.ct is None else f'{outcome.ct:.2f}'}^^{INTERNAL_CT}"}
    yield {2: "ST", 3: test, 4: "1/1", 5: "ValueNotSet", 8: "NR" if outcome.call == "NEG" else "RR"}
    yield {2: "ST", 3: test, 4: "1/2", 5: escape(_words(outcome)), 8: '""'}


def _number(outcome: Outcome) -> dict[int, str]:
    if outcome.titer is None:
        return {2: "ST", 5: "ValueNotSet", 8: "BT" if outcome.is_below else "ND"}
    digits, exponent = f"{outcome.titer:.2E}".split("E")
    unit = components(f"10*{int(exponent) - 2}.{{Copies}}/mL", "", "UCUM")
    return {2: "NM", 5: digits.replace(".", ""), 6: unit}


def _words(outcome: Outcome) -> str:
    if outcome.is_below:
        return "< Titer min"
    return "Titer" if outcome.call == "POS" else "Target Not Detected"


def _tail(plan: AnalyzerPlan, envelope: Envelope, outcome: Outcome) -> dict[int, str]:
    machine = repetitions(
        components("C6800/8800", "Roche"),
        components("Unknown", "Roche"),
        components("ID_42", f"IM300-{plan.serial}"),
    )
    return {11: outcome.status, 16: escape(envelope.operator), 18: machine, 19: _time(envelope.at)}


def _time(at: datetime) -> str:
    return f"{at:%Y%m%d%H%M%S}"
