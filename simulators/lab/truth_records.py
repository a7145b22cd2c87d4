"""What a result says, apart from how its machine writes it: the lines of the ground truth."""

from collections.abc import Iterator
from typing import Any

from simulators.lab.outcomes import Outcome
from simulators.province import AnalyzerPlan


def told(plan: AnalyzerPlan, outcome: Outcome) -> Iterator[dict[str, Any]]:
    """What a hub should store for one specimen: one entry for each test.

    ``targets``: code as the machine writes it, call, Ct, value in copies/mL with ``<`` where it is a bound;
    none where the run failed before there were any.
    """
    one = {"specimen": outcome.specimen, "control": outcome.control, "status": outcome.status}
    targets = list(_targets(plan, outcome))
    if not outcome.assay.each_target:
        yield one | {"test": outcome.assay.code, "call": outcome.call, "targets": targets}
        return
    for target in targets or [_target(each.name, outcome.call) for each in outcome.assay.targets]:
        yield one | {"test": target["code"], "call": target["call"], "targets": [target]}


def _targets(plan: AnalyzerPlan, outcome: Outcome) -> Iterator[dict[str, Any]]:
    assay = outcome.assay
    if assay.titer_range is not None:
        bound = assay.titer_range[0] if assay.tells_bound else None
        yield _target(
            assay.channel or assay.code,
            outcome.call,
            outcome.ct,
            bound if outcome.is_below else outcome.titer,
            "<" if outcome.is_below else None,
        )
    for found in outcome.targets:
        code = found.target.presence_code if plan.message == "oru" else found.target.name
        yield _target(code, found.call, found.ct)


def _target(
    code: str,
    call: str,
    ct: float | None = None,
    value: float | None = None,
    comparator: str | None = None,
) -> dict[str, Any]:
    return {"code": code, "call": call, "ct": ct, "value": value, "comparator": comparator}
