"""What a dashboard is made of, whatever language its server is asked in."""

from dataclasses import dataclass, field
from typing import Literal

Over = Literal["mean", "min", "max", "sum", "last", "count"]
Across = Literal["", "mean", "min", "max", "sum", "count"]
Kind = Literal["curves", "bars", "number", "table"]
COLUMNS = 24


@dataclass(frozen=True, slots=True)
class Figure:
    """A field: summed up ``over`` time for each series, then ``across`` those of equal ``by``.

    ``across`` empty: each series by itself, named by ``by``. ``where``: regular expressions for tags.
    ``name``: what the curve is called before its tags, English and Vietnamese.
    """

    measurement: str
    field: str
    over: Over
    by: tuple[str, ...] = ()
    across: Across = ""
    where: tuple[tuple[str, str], ...] = ()
    name: str = ""
    at_site: bool = True  # false: the measurement has no tag ``site``


@dataclass(frozen=True, slots=True)
class Panel:
    """Figures side by side; ``title``, ``note``: English and Vietnamese.

    ``steps``: colours of values, each from its number on, the first from None.
    ``every``: the shortest step of curves, no shorter than the figures come. ``words``: what a number means.
    """

    title: tuple[str, str]
    kind: Kind
    figures: tuple[Figure, ...]
    unit: str = "short"
    width: int = 8
    height: int = 8
    every: str = "5m"
    note: tuple[str, str] = ("", "")
    steps: tuple[tuple[float | None, str], ...] = ()
    words: tuple[tuple[int, str, str], ...] = ()  # number, words, colour
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one heading."""

    title: tuple[str, str]
    panels: tuple[Panel, ...] = field(default=())


def both(title: tuple[str, str]) -> str:
    """``English · Tiếng Việt``; one alone where the other is empty."""
    return " · ".join(part for part in title if part)
