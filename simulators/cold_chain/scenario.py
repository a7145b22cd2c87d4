"""What befalls the units of a simulation: by a name, or by a file that says it fault for fault."""

import tomllib
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from simulators.cold_chain.fault_mixture import mixture
from simulators.cold_chain.unit_faults import KINDS, SCENARIOS, USUAL_STRENGTH, Fault, FaultKind, UnitFaults
from simulators.cold_chain.unit_plan import UnitPlan

MOST_HOURS = 24 * 400.0
Hours = Annotated[float, msgspec.Meta(ge=0, le=MOST_HOURS)]
_WRITTEN = frozenset({"storm"})


class ScenarioError(Exception):
    """A scenario that cannot be; the text says why."""


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``[[fault]]``: at the named units and sites, or everywhere; ``every_hours`` 0: once."""

    kind: FaultKind
    after_hours: Hours
    lasts_hours: Annotated[float, msgspec.Meta(gt=0, le=MOST_HOURS)]
    every_hours: Hours = 0.0
    strength: Annotated[float, msgspec.Meta(ge=-1440, le=1440)] | Literal[None] = None
    units: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()


class _Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fault: tuple[Line, ...] = ()


def faults_of(scenario: str, plans: Sequence[UnitPlan], seed: int, days: float) -> dict[str, UnitFaults]:
    """The faults of each unit for ``days`` of the world; raises ScenarioError."""
    if scenario == "calm":
        return {plan.id: UnitFaults.of(()) for plan in plans}
    if scenario == "mixed":
        return mixture(plans, seed, days, KINDS)
    if scenario in KINDS:
        return mixture(plans, seed, days, tuple(kind for kind in KINDS if kind == scenario))
    lines = _read(scenario)
    _check(lines, plans)
    return {plan.id: UnitFaults.of(_befalling(lines, plan, days)) for plan in plans}


def _read(scenario: str) -> tuple[Line, ...]:
    try:
        if scenario in _WRITTEN:
            folder = resources.files("simulators.cold_chain").joinpath("scenarios")
            text = folder.joinpath(f"{scenario}.toml").read_text("utf-8")
        else:
            text = Path(scenario).read_text("utf-8")
        return msgspec.convert(tomllib.loads(text), _Scenario).fault
    except FileNotFoundError:
        raise ScenarioError(f"--scenario {scenario}: no file, and none of {', '.join(SCENARIOS)}") from None
    except (OSError, ValueError) as error:  # ValidationError and TOMLDecodeError are ValueErrors
        raise ScenarioError(f"--scenario {scenario}: {error}") from error


def _check(lines: Sequence[Line], plans: Sequence[UnitPlan]) -> None:
    units, sites = {plan.id for plan in plans}, {plan.site for plan in plans}
    for line in lines:
        for name in sorted({*line.units} - units | {*line.sites} - sites):
            raise ScenarioError(f"fault {line.kind}: there is no unit or site {name}")
        if 0 < line.every_hours <= line.lasts_hours:
            raise ScenarioError(f"fault {line.kind}: it comes again before it is over")


def _befalling(lines: Sequence[Line], plan: UnitPlan, days: float) -> Iterator[Fault]:
    for line in lines:
        if (line.units or line.sites) and plan.id not in line.units and plan.site not in line.sites:
            continue
        begins = 60 * line.after_hours
        while begins < days * 1440:
            strength = USUAL_STRENGTH.get(line.kind, 1.0) if line.strength is None else line.strength
            yield Fault(line.kind, begins, begins + 60 * line.lasts_hours, strength)
            if not line.every_hours:
                break
            begins += 60 * line.every_hours
