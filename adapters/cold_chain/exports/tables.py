"""Tables of any logger (LogTag's CSV, others) by the operator's mapping of columns."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, field_validator

from adapters.cold_chain.decoders.sample import Sample
from adapters.cold_chain.exports.slabs import Cut
from adapters.cold_chain.exports.texts import number_of, text_of
from adapters.cold_chain.metrics import unit_of
from adapters.cold_chain.sensor_config import Metric, join_dotted
from adapters.cold_chain.undecodable import Undecodable

HEADER_WITHIN_LINES = 200  # loggers write a summary above it
LONGEST_LINE = 4096
Separator = Literal[",", ";", "\t"]
_SEPARATORS: tuple[Separator, ...] = (",", ";", "\t")


class Column(BaseModel):
    """Where one metric stands in a table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str = Field(min_length=1, max_length=128, description="Its heading, without spaces around it.")
    unit: str | None = Field(
        None,
        pattern=r"^[!-~]{1,16}$",
        description="Unit (UCUM): Cel (without it), [degF] or K for temp.*; any other metric names its own.",
    )


class TableLayout(BaseModel):
    """How a logger's table is written; ``time`` is one column, or date and time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    time: tuple[str, ...] = Field(
        min_length=1,
        max_length=2,
        description="Heading of the time's column, or those of date and time.",
        examples=[["Date", "Time"]],
    )
    time_format: str = Field(
        "",
        max_length=40,
        description="How times are written (strptime: %d/%m/%Y %H:%M:%S); two columns are joined by a space. "
        "Empty: ISO 8601.",
    )
    decimal: Literal[".", ","] = Field(".", description="Decimal sign.")
    columns: dict[Metric, Column] = Field(
        min_length=1,
        max_length=64,
        description="Metric to column; a cell without a number is a failed probe.",
    )

    @field_validator("columns", mode="before")
    @classmethod
    def _join_dotted_keys(cls, value: Any) -> Any:
        """TOML reads ``temp.vaccine = {…}`` as a table in a table; people mean the name."""
        return join_dotted(value, "column")

    @property
    def headings(self) -> set[str]:
        return {*self.time, *(place.column for place in self.columns.values())}


class _Header(NamedTuple):
    line: int
    separator: str
    places: dict[str, int]
    width: int


def cut(raw: bytes, layout: TableLayout) -> Cut:
    """Where its rows are; raises Undecodable."""
    lines = text_of(raw).split("\n")
    header = _header(lines, layout)
    return Cut(lines, header.line + 1, len(lines), lines[: header.line + 1])


def samples(raw: bytes, layout: TableLayout, most_rows: int | None = None) -> Iterator[Sample]:
    """Each mapped cell of each row; raises Undecodable when no line has all headings."""
    lines, header = _whole_rows(raw, layout)[:2]
    end = None if most_rows is None else header.line + 1 + most_rows
    said: Counter[tuple[str, str, object]] = Counter()
    times: Counter[tuple[str, str]] = Counter()
    for line in lines[header.line + 1 : end]:
        if not line.strip(" \r" + header.separator):
            continue
        cells = _cells(line, header.separator)
        time = _time([_cell(cells, header.places[name]) for name in layout.time], layout.time_format)
        for metric, place in layout.columns.items():
            value = number_of(_cell(cells, header.places[place.column]), layout.decimal)
            said[metric, time, value] += 1
            if said[metric, time, value] > 1:
                continue
            times[metric, time] += 1  # two values of one instant are both kept
            probe = "" if times[metric, time] == 1 else f"{times[metric, time]}"
            yield Sample(metric, probe, value, place.unit or unit_of(metric), time, record=True)


def is_cut_short(raw: bytes, layout: TableLayout) -> bool:
    """Whether the last row lacks its end; raises Undecodable. What is left of it is not read."""
    return _whole_rows(raw, layout)[2]


def _whole_rows(raw: bytes, layout: TableLayout) -> tuple[list[str], _Header, bool]:
    """Lines, and whether one was left out: no line break behind it, and too few cells."""
    lines = text_of(raw).split("\n")
    header = _header(lines, layout)
    last = lines[-1]
    cut_short = (
        len(lines) - 1 > header.line and bool(last) and len(_cells(last, header.separator)) < header.width
    )
    return lines[:-1] if cut_short else lines, header, cut_short


def _header(lines: Sequence[str], layout: TableLayout) -> _Header:
    for at, line in enumerate(lines[:HEADER_WITHIN_LINES]):
        for separator in _SEPARATORS:
            cells = _cells(line, separator)
            if layout.headings <= set(cells):
                if any(cells.count(heading) > 1 for heading in layout.headings):
                    raise Undecodable("cold.heading_twice", f"line {at + 1}")
                return _Header(
                    at, separator, {name: cells.index(name) for name in layout.headings}, len(cells)
                )
    raise Undecodable("cold.no_headings")


def _cells(line: str, separator: str) -> list[str]:
    """A line is a row: nobody writes line breaks into a cell of a logger's table."""
    try:
        row = next(
            csv.reader([line.rstrip("\r")[:LONGEST_LINE]], delimiter=separator, skipinitialspace=True), []
        )
    except csv.Error:  # a carriage return or NUL inside
        return []
    return [cell.strip() for cell in row]


def _cell(cells: Sequence[str], at: int) -> str:
    return cells[at] if at < len(cells) else ""


def _time(said: Sequence[str], time_format: str) -> str:
    """ISO 8601; what does not fit stays as it is, and is no time."""
    text = " ".join(said)
    if not time_format:
        return text
    try:
        return datetime.strptime(text, time_format).isoformat()  # noqa: DTZ007 - the zone is the device's
    except ValueError:
        return "unreadable"
