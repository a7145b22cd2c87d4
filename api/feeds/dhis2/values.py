"""The values of a report's day as data value sets.

DHIS2 keeps one value for each (element, period, unit, combination): sending again is an update. A cell that
is no longer reported is sent as ``deleted``, for what is not sent stays there as it was.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

import msgspec

from api.feeds.dhis2.mapping import KEY, DataSet, Element, MappingTable
from api.reports.frame.content import Cell, Content, Row, Table

MOST_VALUES = 50_000


class DataValue(NamedTuple):
    """``value`` None: there is none any more. ``cell``: where it stands in the report."""

    data_element: str
    category_option_combo: str
    org_unit: str
    period: str
    value: str | None
    cell: str


class TooManyValues(ValueError):
    """More than one request should carry."""


def values_of(mapping: MappingTable, report: str, day: date, content: Content) -> dict[str, list[DataValue]]:
    """By data set, in the order of the report; raises TooManyValues."""
    made: dict[str, list[DataValue]] = {}
    for one in mapping.of(report, day):
        table = next((each for each in content.tables if each.code == one.table), None)
        if table is not None:
            made.setdefault(one.data_set, []).extend(_of_table(one, table, day))
    if sum(map(len, made.values())) > MOST_VALUES:
        raise TooManyValues(f"over {MOST_VALUES} values")
    return made


def encoded(data_set: str, values: Sequence[DataValue]) -> bytes:
    """The body of ``POST /api/dataValueSets``, codes for ids."""
    return msgspec.json.encode({"dataSet": data_set, "dataValues": [_told(value) for value in values]})


def _told(value: DataValue) -> dict[str, Any]:
    told: dict[str, Any] = {
        "dataElement": value.data_element,
        "categoryOptionCombo": value.category_option_combo,
        "orgUnit": value.org_unit,
        "period": value.period,
    }
    return told | ({"deleted": True} if value.value is None else {"value": value.value})


def _of_table(one: DataSet, table: Table, day: date) -> Iterator[DataValue]:
    period = day.strftime("%Y%m%d")
    for row in table.rows:
        combo = one.rows.get(row.key)
        if one.rows and combo is None:
            continue
        unit = one.org_unit.replace(KEY, row.key)
        for column, cell in zip(table.columns, row.cells, strict=True):
            if element := one.columns.get(column.code):
                yield _value(element, combo, unit, period, cell, _place(table, row, column.code))


def _value(element: Element, combo: str | None, unit: str, period: str, cell: Cell, place: str) -> DataValue:
    value = None if cell.value is None else str(cell.value)
    return DataValue(element.element, combo or element.combo, unit, period, value, place)


def _place(table: Table, row: Row, column: str) -> str:
    return f"{table.code}/{row.key}/{column}"
