"""An m2000 run: P, O and R records of many specimens in one ASTM session."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from simulators.lab.outcomes import Outcome
from simulators.province import AnalyzerPlan


def m2000_records(plan: AnalyzerPlan, control_id: str, at: datetime, outcomes: Sequence[Outcome]) -> bytes:
    """A whole run finished at ``at``; CR behind each record. O-4 is specimen^run^well."""
    stamp = f"{at:%Y%m%d%H%M%S}"
    lines = [f"H|\\^&|||m2000^8.1.9.0^{plan.serial}^H1P1O1R1C1L1|||||||P|1|{stamp}"]
    for number, outcome in enumerate(outcomes, 1):
        lines += _specimen(plan, control_id, stamp, number, outcome)
    lines.append("L|1")
    return "".join(f"{line}\r" for line in lines).encode()


def _specimen(plan: AnalyzerPlan, run: str, stamp: str, number: int, outcome: Outcome) -> Iterator[str]:
    test = f"^^^{outcome.assay.code}^{outcome.assay.text}"
    well = f"{'ABCDEFGH'[(number - 1) % 8]}{(number - 1) // 8 + 1}"
    action = "Q" if outcome.control else ""
    yield f"P|{number}"
    place = f"{outcome.specimen}^{run}^{well}"
    failed = outcome.status == "X"
    yield f"O|{number}|{outcome.specimen}|{place}|{test}|||||||{action}||||||||||||||{'X' if failed else 'F'}"
    if failed:  # no result at all, only why
        yield "C|1|I|4442 : Internal control came too late.|I"
        return
    for row, (kind, value, unit) in enumerate(_values(outcome), 1):
        what = f"{test}^395139^1^^{kind}"
        yield f"R|{row}|{what}|{value}|{unit}||||{outcome.status}||adm||{stamp}|{plan.serial}"


def _values(outcome: Outcome) -> Iterator[tuple[str, str, str]]:
    """Number (F) and interpretation (I); a count has no interpretation."""
    unit = "Copies / mL"
    if outcome.titer is not None:
        yield "F", f"{outcome.titer:.0f}", unit
    elif outcome.is_below:
        low, _ = outcome.assay.titer_range or (0, 0)
        yield "F", f"< {low:.0f}", unit
    else:
        yield "F", "Not detected", unit
        yield "I", "Target not detected", ""
