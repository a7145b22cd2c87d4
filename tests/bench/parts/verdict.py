"""How a bench tells what it found."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


class BenchFailed(Exception):
    """A part did not start, ended, or lost something; the figures mean nothing."""


@dataclass(frozen=True, slots=True)
class Target:
    """A figure and its bound; ``at_least``: the bound is below."""

    name: str
    figure: float
    bound: float
    at_least: bool

    @property
    def met(self) -> bool:
        return self.figure >= self.bound if self.at_least else self.figure <= self.bound


def print_table(rows: Sequence[Mapping[str, float | str]]) -> None:
    """Columns as wide as their heads need."""
    names = list(rows[0])
    print("  ".join(f"{name:>12}" for name in names))
    for row in rows:
        print("  ".join(f"{_shown(row[name]):>{max(12, len(name))}}" for name in names))


def conclude(targets: Sequence[Target], figures: Mapping[str, Any]) -> bool:
    """A line for each target, then everything as one JSON line; True when all were met."""
    for target in targets:
        sign = "≥" if target.at_least else "≤"
        state = "met   " if target.met else "MISSED"
        print(f"{state}  {target.name}: {_shown(target.figure)} (target {sign} {_shown(target.bound)})")
    met = all(target.met for target in targets)
    print(json.dumps({**figures, "targets": [asdict(target) for target in targets], "met": met}))
    return met


def _shown(value: float | str) -> str:
    if isinstance(value, str | int):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
