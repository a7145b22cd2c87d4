"""GeneXpert results as E1394 records, in the maker's delimiters."""

from datetime import datetime

from simulators.lab.outcomes import Outcome
from simulators.province import AnalyzerPlan

WORDS = {
    "POS": "POSITIVE", "NEG": "NEGATIVE", "INVALID": "INVALID", "ERROR": "ERROR", "NO_RESULT": "NO RESULT",
}  # fmt: skip


def genexpert_records(plan: AnalyzerPlan, control_id: str, at: datetime, outcome: Outcome) -> bytes:
    """One cartridge, finished at ``at``: header, patient, order, results, end; CR behind each."""
    stamp = f"{at:%Y%m%d%H%M%S}"
    test = outcome.assay.code
    run = f"PC-LAB^{plan.serial}^600001^{control_id}^00501^20271231"
    patient = outcome.patient
    person = f"P|1||{patient.hospital_number}||{patient.family}^{patient.given}" if patient else "P|1"
    action = "" if patient else "Q"
    rows = [
        f"^{test}^^{test}^{outcome.assay.text}^1^^|{WORDS[outcome.call]}^|||||F||KTV01|{stamp}|{stamp}|{run}"
    ]
    for found in outcome.targets:
        name = f"^{test}^^{test}^^^{found.target.name}^"
        rows += [f"{name}|{WORDS[found.call][:3]}^|||", f"{name}Ct|^{found.ct or 0.0}|||"]
    rows += [f"^{test}^^{test}^^^SPC^|PASS^|||", f"^{test}^^{test}^^^SPC^Ct|^27.1|||"]
    lines = [
        f"H|@^\\|{control_id}||{plan.sender or 'LAB'}^{plan.model}^6.4|||||HUB||P|1394-97|{stamp}",
        person,
        f"O|1|{outcome.specimen}||^^^{test}|R|{stamp}|||||{action}||||ORH||||||||||F",
        *(f"R|{number}|{row}" for number, row in enumerate(rows, 1)),
        "L|1|N",
    ]
    return "".join(f"{line}\r" for line in lines).encode()
