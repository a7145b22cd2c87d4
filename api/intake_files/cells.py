"""From a cell to a value of a body, as people here write: 05/08/2021, 10:05, có. Pure."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, tzinfo
from typing import Any, Final

from api.intake_files.columns import Column
from api.intake_files.table import Cell, FormulaCell

YES: Final = frozenset({"x", "1", "true", "yes", "có"})
NO: Final = frozenset({"0", "false", "no", "không"})
_DAY: Final = re.compile(r"([0-3]?[0-9])/([01]?[0-9])/(20[0-9]{2})\Z")
_MOMENT: Final = re.compile(
    r"([0-3]?[0-9])/([01]?[0-9])/(20[0-9]{2}) ([0-2]?[0-9]):([0-5][0-9])(?::([0-5][0-9]))?\Z"
)
_ISO_DAY: Final = re.compile(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]\Z")


class BadCell(ValueError):
    """The text is a code."""


def value_of(cell: Cell, column: Column, zone: tzinfo, choices: Mapping[str, str]) -> Any:
    """None for an empty cell; ``choices``: words (folded) and the value they stand for. Raises BadCell."""
    if cell is None:
        return None
    if isinstance(cell, FormulaCell):
        raise BadCell("intake.formula")
    if column.kind == "choice":
        return _choice(cell, choices)
    if column.kind in _OF_A_ZONE:
        return _OF_A_ZONE[column.kind](cell, zone)
    return _PLAIN[column.kind](cell)


def _text(cell: Cell) -> str:
    """A spreadsheet makes numbers of ids: 731 is a district again, and 2.5 is none."""
    if isinstance(cell, bool | datetime):
        raise BadCell("intake.not_text")
    if isinstance(cell, float):
        if not cell.is_integer() or abs(cell) >= 2**53:
            raise BadCell("intake.not_text")
        return str(int(cell))
    return str(cell)


def _count(cell: Cell) -> int:
    """No sign of thousands: 1.856 is one thing here and another there."""
    if isinstance(cell, str) and re.fullmatch("[0-9]{1,12}", cell):
        return int(cell)
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, int) and not isinstance(cell, bool):
        return cell
    raise BadCell("intake.not_a_number")


def _flag(cell: Cell) -> bool:
    text = str(cell).casefold()
    if text in YES or text in NO:
        return text in YES
    raise BadCell("intake.not_yes_or_no")


def _day(cell: Cell) -> str:
    try:
        if isinstance(cell, datetime):
            if cell.time() != datetime.min.time():
                raise ValueError
            return cell.date().isoformat()
        if found := _DAY.match(str(cell)):
            return date(int(found[3]), int(found[2]), int(found[1])).isoformat()
        if _ISO_DAY.match(str(cell)):
            return date.fromisoformat(str(cell)).isoformat()
        raise ValueError
    except ValueError as error:
        raise BadCell("intake.not_a_day") from error


def _moment(cell: Cell, zone: tzinfo) -> str:
    """Without a zone it is local."""
    try:
        if isinstance(cell, datetime):
            moment = cell
        elif found := _MOMENT.match(str(cell)):
            day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
            moment = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  its zone follows
        elif "T" in str(cell):
            moment = datetime.fromisoformat(str(cell))
        else:
            raise ValueError
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat(timespec="seconds")
    except ValueError as error:
        raise BadCell("intake.not_a_moment") from error


def _day_or_moment(cell: Cell, zone: tzinfo) -> str:
    try:
        return _day(cell)
    except BadCell:
        return _moment(cell, zone)


def _choice(cell: Cell, choices: Mapping[str, str]) -> str:
    try:
        return choices[folded(_text(cell))]
    except KeyError as error:
        raise BadCell("intake.not_a_choice") from error


def _words(cell: Cell) -> list[str]:
    return [word.strip() for word in re.split("[;,]", _text(cell)) if word.strip()]


_PLAIN: Final[dict[str, Callable[[Cell], Any]]] = {
    "text": _text, "count": _count, "flag": _flag, "day": _day, "words": _words,
}  # fmt: skip
_OF_A_ZONE: Final[dict[str, Callable[[Cell, tzinfo], str]]] = {
    "moment": _moment, "day_or_moment": _day_or_moment,
}  # fmt: skip


def folded(text: str) -> str:
    """As headings and choices are compared: case, space and line ends do not matter."""
    return " ".join(text.casefold().replace("_", " ").split())
