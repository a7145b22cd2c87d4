"""A QuantStudio results file: lines about the run, then the table, as its software exports it in CSV."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime

from simulators.lab.outcomes import Call, Outcome
from simulators.province import AnalyzerPlan

HEADINGS = (
    "Well", "Well Position", "Omit", "Sample Name", "Target Name", "Task", "Reporter", "Quencher", "CT",
    "Ct Threshold", "Amp Status", "Interpretation", "Comments",
)  # fmt: skip
WORDS: dict[Call, str] = {"POS": "Positive", "NEG": "Negative", "INVALID": "Invalid"}
REPORTERS = {"N": "VIC", "ORF1ab": "FAM"}
INTERNAL, INTERNAL_CT = "MS2", "27.106"


def quantstudio_file(
    plan: AnalyzerPlan, control_id: str, at: datetime, outcomes: Sequence[Outcome], operator: str = "KTV01"
) -> bytes:
    """The wells of one run; each has a row for each target and one for the internal control."""
    text = io.StringIO(newline="")
    for name, value in _about(plan, control_id, at, operator):
        text.write(f"* {name} = {value}\r\n")
    text.write("\r\n[Results]\r\n")
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(HEADINGS)
    for number, outcome in enumerate(outcomes, 1):
        table.writerows(_well(number, outcome))
    text.write("\r\nAnalysis Type,Singleplex\r\n")
    return text.getvalue().encode("utf-8-sig")


def _about(plan: AnalyzerPlan, run: str, at: datetime, operator: str) -> Iterator[tuple[str, str]]:
    yield "Block Type", "96-Well 0.2-mL Block"
    yield "Calibration Background is expired", "No"
    yield "Experiment Barcode", run
    yield "Experiment File Name", f"D:\\{run}.eds"
    yield "Experiment Name", run
    yield "Experiment Run End Time", f"{at:%Y-%m-%d %H:%M:%S %p} ICT"
    yield "Experiment User Name", operator
    yield "Instrument Serial Number", plan.serial
    yield "Instrument Type", "QuantStudio™ 5 System"
    yield "Passive Reference", "ROX"


def _well(number: int, outcome: Outcome) -> Iterator[tuple[str, ...]]:
    position = f"{'ABCDEFGH'[(number - 1) // 12 % 8]}{(number - 1) % 12 + 1}"
    task = "NTC" if outcome.control and outcome.call == "NEG" else "UNKNOWN"
    place = (str(number), position, "false", outcome.specimen)
    cycles = {found.target.name: found.ct for found in outcome.targets}
    for target in outcome.assay.targets:
        ct = cycles.get(target.name)
        told = "Undetermined" if ct is None else f"{ct:.2f}"
        amplified = "No Amp" if ct is None else "Amp"
        reporter = (REPORTERS[target.name], "None")
        yield (*place, target.name, task, *reporter, told, "0.2", amplified, WORDS[outcome.call], "")
    yield (*place, INTERNAL, task, "JUN", "None", INTERNAL_CT, "0.2", "Amp", "", "")
