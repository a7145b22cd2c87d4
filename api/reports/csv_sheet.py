"""A report as CSV: a line for each value, so that programs read every report alike; spreadsheets open it."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any
from unicodedata import normalize

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Line = tuple[str, str, str, Any, str]


def sheet(lines: Iterable[Line]) -> bytes:
    """(section, item, field, value, label), as ``table_sheet`` writes them."""
    return table_sheet(("section", "item", "field", "value", "label"), lines)


def table_sheet(head: Sequence[str], lines: Iterable[Sequence[Any]]) -> bytes:
    """UTF-8 with the mark by which a spreadsheet knows Vietnamese.

    A text that a spreadsheet would take for a formula gets an apostrophe; numbers keep their point.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    for line in lines:
        writer.writerow([_cell(cell) for cell in line])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return value
    text = normalize("NFC", value)
    return f"'{text}" if text.startswith(_FORMULA) else text
