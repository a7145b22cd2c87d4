"""How a bench tells what it found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


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


def print_verdict(targets: Sequence[Target]) -> bool:
    """A line each; True when all were met."""
    for target in targets:
        sign = "≥" if target.at_least else "≤"
        state = "met   " if target.met else "MISSED"
        print(f"{state}  {target.name}: {_shown(target.figure)} (target {sign} {_shown(target.bound)})")
    return all(target.met for target in targets)


def _shown(value: float | str) -> str:
    if isinstance(value, str | int):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
