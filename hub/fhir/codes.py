"""Our words in the code systems that R4 binds its elements to."""

from typing import Final

from hub.fhir.datatypes import SNOMED, CodeableConcept, Coding
from hub.fhir.resources import ObservationStatus
from hub.payloads import Call, ResultStatus

_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
_SECTION = "http://terminology.hl7.org/CodeSystem/v2-0074"
_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"

# HL7 table 0085 as our events carry it -> observation-status and diagnostic-report-status.
STATUS: Final[dict[ResultStatus, ObservationStatus]] = {
    "P": "preliminary",
    "F": "final",
    "C": "corrected",
    "X": "cancelled",
    "D": "entered-in-error",
}


def concept(system: str, code: str, display: str) -> CodeableConcept:
    return CodeableConcept(coding=(Coding(system=system, code=code, display=display),))


LABORATORY: Final = concept(_CATEGORY, "laboratory", "Laboratory")
MICROBIOLOGY: Final = concept(_SECTION, "MB", "Microbiology")

DETECTED: Final[dict[Call, CodeableConcept]] = {
    "POS": concept(SNOMED, "260373001", "Detected"),
    "NEG": concept(SNOMED, "260415000", "Not detected"),
    "INDETERMINATE": concept(SNOMED, "419984006", "Inconclusive"),
}
INTERPRETED: Final[dict[Call, CodeableConcept]] = {
    "POS": concept(_INTERPRETATION, "POS", "Positive"),
    "NEG": concept(_INTERPRETATION, "NEG", "Negative"),
    "INDETERMINATE": concept(_INTERPRETATION, "IND", "Indeterminate"),
}
# Why there is no value. A call that no profile maps is not known to us, and so nobody may read it as one.
ABSENT: Final[dict[Call, CodeableConcept]] = {
    "INVALID": concept(_ABSENT, "error", "Error"),
    "ERROR": concept(_ABSENT, "error", "Error"),
    "NO_RESULT": concept(_ABSENT, "not-performed", "Not Performed"),
    "UNMAPPED": concept(_ABSENT, "unknown", "Unknown"),
}
NO_CT: Final = concept(_ABSENT, "not-applicable", "Not Applicable")
