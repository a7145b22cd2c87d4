"""Cells out of numbers that were reported: where a sum comes from, and what is not known. Pure."""

from collections.abc import Iterable, Sequence

from api.reports.frame.content import Cell, Source

UNKNOWN = Cell(None)


def text(value: str, flag: str = "") -> Cell:
    """A cell of words; empty ones are not reported."""
    return Cell(value or None, flag=flag)


def merged(sources: Iterable[Source | None]) -> Source | None:
    """Where a number made of several comes from: theirs, if they agree."""
    known = {source for source in sources if source is not None}
    return known.pop() if len(known) == 1 else ("derived" if known else None)


def summed(cells: Sequence[Cell]) -> Cell:
    """The sum of those that were reported; not reported where none was."""
    known = [cell for cell in cells if isinstance(cell.value, int | float)]
    if not known:
        return Cell(None, people=any(cell.people for cell in cells))
    value = sum(cell.value for cell in known if isinstance(cell.value, int | float))
    events = sum(cell.events for cell in known)
    people = any(cell.people for cell in known)
    return Cell(value, merged(cell.source for cell in known), events, people)


def latest(cells: Sequence[Cell]) -> Cell:
    """The greatest of days (YYYY-MM-DD); not reported where none was."""
    known = [cell for cell in cells if isinstance(cell.value, str)]
    if not known:
        return UNKNOWN
    day = max(str(cell.value) for cell in known)
    of_day = [cell for cell in known if cell.value == day]
    return Cell(day, merged(cell.source for cell in of_day), sum(cell.events for cell in of_day))


def derived(value: int | float | None, events: int = 0, *, people: bool = False, flag: str = "") -> Cell:
    """A number that the report itself made."""
    return Cell(value, None if value is None else "derived", events, people, flag)


def percent(part: int | float | None, whole: int | float | None) -> float | None:
    """In percent with two decimals; None: one is not known, or of nothing."""
    return None if part is None or not whole else round(100 * part / whole, 2)
