"""A table to bodies of intake: all of them, or every mistake with its row. Pure."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any, NamedTuple

from pydantic import ValidationError

from api.intake_bodies import BODIES, Body
from api.intake_files.cells import BadCell, value_of
from api.intake_files.columns import FIGURE, Column, ConfiguredFigure, TableKind, columns_of
from api.intake_files.headings import choices_of, placed
from api.intake_files.table import MOST_ERRORS, BadTable, Cell, RowError, TableRow

Choices = Mapping[str, Mapping[str, str]]
_ZIP = b"PK\x03\x04"
_OWN_CODES = {
    "missing": "intake.missing",
    "not_a_day": "intake.not_a_day",
    "not_a_moment": "intake.not_a_moment",
    "too_long": "intake.too_long",
    "string_too_long": "intake.too_long",
    "greater_than_equal": "intake.too_small",
    "less_than_equal": "intake.too_large_number",
}


class Filled(NamedTuple):
    """Bodies with the row of each; with ``errors`` they are not all."""

    rows: list[int]
    bodies: list[Body]
    errors: list[RowError]


def read_table(body: bytes) -> list[TableRow]:
    """CSV, or a workbook by its first bytes; raises BadTable, ImportError without the extra."""
    if body.startswith(_ZIP):
        from api.intake_files.xlsx_table import read_xlsx

        rows = read_xlsx(body)
    else:
        from api.intake_files.csv_table import read_csv

        rows = read_csv(body)
    if len(rows) < 2:
        raise BadTable("intake.empty")
    return rows


def filled(
    kind: TableKind, rows: Sequence[TableRow], zone: tzinfo, configured: Sequence[ConfiguredFigure] = ()
) -> Filled:
    """``zone``: of moments that tell none. The first row has the headings. Errors end at 200."""
    columns = columns_of(kind, configured)
    found, errors = placed(rows[0].cells, columns)
    done = Filled([], [], errors)
    if errors:
        return done
    choices = {column.field: choices_of(column) for column in columns if column.kind == "choice"}
    for row in rows[1:]:
        _take(done, kind, row, found, zone, choices)
        if len(errors) >= MOST_ERRORS:
            del errors[MOST_ERRORS:]
            break
    return done


def _take(
    done: Filled,
    kind: TableKind,
    row: TableRow,
    columns: Sequence[Column | None],
    zone: tzinfo,
    choices: Choices,
) -> None:
    body, wrong = body_of(kind, row.number, row.cells, columns, zone, choices)
    if body is None:
        done.errors.extend(wrong)
        return
    done.rows.append(row.number)
    done.bodies.append(body)


def body_of(
    kind: TableKind,
    number: int,
    cells: Sequence[Cell],
    columns: Sequence[Column | None],
    zone: tzinfo,
    choices: Choices,
) -> tuple[Body | None, list[RowError]]:
    """One row; None with all that is wrong with it. ``choices``: words and values by field."""
    told: dict[str, Any] = {}
    wrong: list[RowError] = []
    for place, cell in enumerate(cells):
        column = columns[place] if place < len(columns) else None
        if column is None:
            if cell is not None:
                wrong.append(RowError(number, f"column {place + 1}", "intake.no_heading"))
            continue
        try:
            value = value_of(cell, column, zone, choices.get(column.field, {}))
        except BadCell as error:
            wrong.append(RowError(number, column.field, str(error)))
            continue
        if value is not None:
            _put(told, column.field, value)
    try:
        body = BODIES[kind].model_validate(told | {"origin": "imported"})
    except ValidationError as error:
        named = {one.field.partition(".")[0] for one in wrong}
        wrong += [one for one in _told(error, number) if one.field not in named]
        return None, wrong
    return (None if wrong else body), wrong


def _put(told: dict[str, Any], field: str, value: Any) -> None:
    if field.startswith(FIGURE):
        told.setdefault("figures", {})[field.removeprefix(FIGURE)] = value
    elif field == "vnid":
        told["person_id"] = {"kind": "vnid", "value": value}
    else:
        told[field] = value


def _told(error: ValidationError, row: int) -> list[RowError]:
    errors = []
    for one in error.errors(include_input=False, include_url=False):
        field = ".".join(str(part) for part in one["loc"][:2])
        field = "vnid" if field.startswith("person_id") else field
        errors.append(RowError(row, field, _OWN_CODES.get(one["type"], "intake.invalid")))
    return errors
