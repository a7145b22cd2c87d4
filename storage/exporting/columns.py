"""Columns of exported tables: what is in them, and how both formats show it."""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from storage.admission import LARGEST_INTEGER

MOST_ROWS = 2048  # in one block, and what one event adds to it

Value = str | int | float | bool | None
Row = tuple[Value, ...]


class Kind(Enum):
    """What a column holds; the value is how docs/export.md names it."""

    TEXT = "text"
    INTEGER = "integer"  # 64 bits
    NUMBER = "number"  # a double, finite
    TRUTH = "true/false"
    TIME = "time"  # Unix milliseconds, UTC
    DAY = "day"  # days since 1970-01-01, local


class Column(NamedTuple):
    """``about``: for the manual. ``person``: it stands for one person, and is left out unless asked for."""

    name: str
    kind: Kind
    about: str
    person: bool = False


def text(name: str, about: str) -> Column:
    return Column(name, Kind.TEXT, about)


def person(name: str, about: str) -> Column:
    """A pseudonym, or an id that is one person's."""
    return Column(name, Kind.TEXT, about, person=True)


def integer(name: str, about: str) -> Column:
    return Column(name, Kind.INTEGER, about)


def number(name: str, about: str) -> Column:
    return Column(name, Kind.NUMBER, about)


def truth(name: str, about: str) -> Column:
    return Column(name, Kind.TRUTH, about)


def time(name: str, about: str) -> Column:
    return Column(name, Kind.TIME, about)


def day(name: str, about: str) -> Column:
    return Column(name, Kind.DAY, about)


SITE = text("site", "id of the site")
EDGE = text("edge", "id of the edge")
DEVICE = text("device", "id of the device")
PLACE = (SITE, EDGE, DEVICE)


def fitting(value: int | None) -> int | None:
    """A number that a device or an edge told: None where no format holds it (64 bits)."""
    return None if value is None or abs(value) > LARGEST_INTEGER else value


def in_order(columns: tuple[Column, ...], values: Mapping[str, Value]) -> Row:
    """The row of values by name; raises KeyError where one is missing."""
    return tuple(values[column.name] for column in columns)
