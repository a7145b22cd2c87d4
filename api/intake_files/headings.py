"""Headings of the columns, in both languages; a file may have its columns in any order, under either name."""

from collections.abc import Iterator, Sequence
from unicodedata import normalize

from api.console.wording import LANGUAGES, Language, texts
from api.intake_files.cells import folded
from api.intake_files.columns import FIGURE, Column
from api.intake_files.table import Cell, RowError

_NAMED = {"vi": 0, "en": 1}


def heading(column: Column, language: Language) -> str:
    """Raises KeyError for a column without a text, which a test rules out."""
    if column.vi or column.en:
        return (column.vi, column.en)[_NAMED[language]]
    if column.field.startswith(FIGURE):
        return texts(language)[f"intake_figure.{column.field.removeprefix(FIGURE)}"]
    return texts(language)[f"intake_column.{column.field}"]


def choice(value: str, language: Language) -> str:
    return texts(language)[f"intake_choice.{value}"]


def choices_of(column: Column) -> dict[str, str]:
    """Every word that stands for a choice, folded."""
    told = {folded(value): value for value in column.choices}
    for language in LANGUAGES:
        told |= {_key(choice(value, language)): value for value in column.choices}
    return told


def placed(cells: Sequence[Cell], columns: Sequence[Column]) -> tuple[list[Column | None], list[RowError]]:
    """The column of each cell of the headings' row, and what is wrong with them; None: an empty heading."""
    known = {name: column for column in columns for name in _names(column)}
    found: list[Column | None] = []
    errors: list[RowError] = []
    for place, cell in enumerate(cells, start=1):
        column = known.get(_key(str(cell))) if isinstance(cell, str) else None
        if column is None and cell is not None:
            errors.append(RowError(1, f"column {place}", "intake.unknown_column"))
        if column is not None and column in found:
            errors.append(RowError(1, f"column {place}", "intake.twice"))
        found.append(column)
    missing = [column for column in columns if column.needed and column not in found]
    errors += [RowError(1, column.field, "intake.missing_column") for column in missing]
    return found, errors


def _names(column: Column) -> Iterator[str]:
    """``entered`` is a figure's code and a field, so a figure's bare code is read where it is no field's."""
    yield _key(column.field)
    if column.field != f"{FIGURE}entered":
        yield _key(column.field.removeprefix(FIGURE))
    for language in LANGUAGES:
        yield _key(heading(column, language))


def _key(text: str) -> str:
    return folded(normalize("NFC", text)).removesuffix("*").strip()
