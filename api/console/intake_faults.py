"""Mistakes of intake in words, at the columns' names. Pure."""

from collections.abc import Sequence
from typing import Any

from api.console.wording import Wording, texts
from api.intake_files.columns import Column
from api.intake_files.headings import heading
from storage.contract import Row


def said(say: Wording, code: str) -> str:
    """In words; in general words with the code where it has none of its own."""
    name = code.rpartition(".")[2]
    known = texts(say.language).get(f"intake_error.{name}")
    return known or say("intake_error.other", code=code)


def column_name(say: Wording, field: str, columns: Sequence[Column]) -> str:
    """The heading of a field; a field without a column as it is, of all figures together a word."""
    named = next((column for column in columns if column.field == field), None)
    if named:
        return heading(named, say.language)
    return say("intake.figures") if field == "figures" else field


def fault_rows(say: Wording, errors: Sequence[dict[str, Any]], columns: Sequence[Column]) -> list[Row]:
    """Rows of the table of mistakes."""
    return [
        {
            "key": place,
            "row": one["row"] or "",
            "field": column_name(say, str(one["field"]), columns),
            "error": said(say, str(one["code"])),
        }
        for place, one in enumerate(errors)
    ]
