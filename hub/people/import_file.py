"""A table of people (CSV) as the entries of a list: ids become pseudonyms here, and nothing else is kept.

What is wrong is told by line and column, never by what stands there.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import NamedTuple, TypeVar

from hub.people.records import Doses, PeopleListName, name_of, stored

T = TypeVar("T")
MOST_FAULTS = 20
LONGEST_CELL = 64
SEPARATORS = ",;\t"
AHEAD = timedelta(days=1)  # of what is written ahead of its time, by a clock or a zone
_EARLIEST = datetime(2019, 1, 1, tzinfo=UTC)
_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: (\d{1,2}):(\d{2})(?::(\d{2}))?)?")


class Fault(NamedTuple):
    """``line`` counts from 1; ``column`` is empty where all of the line is meant."""

    line: int
    column: str
    what: str

    def __str__(self) -> str:
        return f"line {self.line}: {f'{self.column}: ' if self.column else ''}{self.what}"


class BadTable(Exception):
    """The table was not taken; ``faults``: the first of them, ``count`` how many there are."""

    def __init__(self, faults: Sequence[Fault], count: int) -> None:
        super().__init__(f"{count} mistakes")
        self.faults = faults
        self.count = count


class _BadCell(Exception):
    pass


def _digits(*lengths: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not (text.isascii() and text.isdigit()):
            raise _BadCell(f"{lengths[0]} digits and nothing else")
        if len(text) not in lengths:
            zero = " (a spreadsheet drops a 0 in front)" if len(text) == lengths[0] - 1 else ""
            raise _BadCell(f"{len(text)} digits where {lengths[0]} are needed{zero}")
        return text

    return check


def _insurance(text: str) -> str:
    """The ten digits of social insurance, alone or behind two letters and three digits."""
    found = re.fullmatch(r"(?:[A-Za-z]{2}[0-9]{3})?([0-9]{10})", text)
    if not found:
        raise _BadCell("ten digits, or two letters and 13 digits")
    return found[1]


def _passport(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]{5,20}", text):
        raise _BadCell("5 to 20 letters and digits")
    return text.upper()


def _token(text: str) -> str:
    if not re.fullmatch(r"[!-~]{4,64}", text):
        raise _BadCell("4 to 64 characters without blanks")
    return text


# Canonical as gates read them from codes (adapters/qr_gates/codes/families).
IDS: Mapping[str, Callable[[str], str]] = {
    "vnid": _digits(12), "cmnd": _digits(9), "bhyt": _insurance, "passport": _passport, "qid": _token,
}  # fmt: skip
ALIASES = {"cccd": "vnid"}
SAYS: Mapping[PeopleListName, tuple[str, ...]] = {
    "watch": (), "declared": ("time",), "doses": ("doses", "last_dose"),
}  # fmt: skip


class Table:
    """``name``: which list it is for; ``person`` makes pseudonyms; ``zone``: of times that name none."""

    def __init__(
        self, name: PeopleListName, person: Callable[[str, str], str], zone: tzinfo, now: datetime
    ) -> None:
        self._name = name
        self._person = person
        self._zone = zone
        self._latest = now + AHEAD
        self._faults: list[Fault] = []
        self._count = 0

    def entries(self, lines: Iterable[str]) -> dict[bytes, int]:
        """By name what each record holds; of several rows about a person the highest. Raises BadTable."""
        found: dict[bytes, int] = {}
        for person, value in self._rows(lines):
            name = name_of(person)
            assert name is not None
            found[name] = max(value, found.get(name, 0))
        if self._count:
            raise BadTable(self._faults, self._count)
        return found

    def _rows(self, lines: Iterable[str]) -> Iterator[tuple[str, int]]:
        parts = iter(lines)
        head = next(parts, "")
        separator = max(SEPARATORS, key=head.count)
        columns = self._columns(next(csv.reader([head], delimiter=separator), []))
        if self._count:
            return
        reader = csv.reader(parts, delimiter=separator)
        try:
            for cells in reader:
                if len(cells) > len(columns):
                    self._fault(reader.line_num + 1, "", "more cells than there are columns")
                elif any(cells):
                    yield from self._row(reader.line_num + 1, dict(zip(columns, cells, strict=False)))
        except csv.Error:
            self._fault(reader.line_num + 1, "", "cannot be read as a table")

    def _columns(self, head: Sequence[str]) -> list[str]:
        """Their names. What stands in an unknown one is not told: it may be a row without a head above it."""
        given = [cell.strip().lower() for cell in head]
        columns = [ALIASES.get(cell, cell) for cell in given]
        known = (*IDS, *SAYS[self._name])
        for number, column in enumerate(columns, 1):
            if column not in known:
                self._fault(1, f"column {number}", f"is none of {', '.join(known)}: take it out")
            elif columns.index(column) != number - 1:
                self._fault(1, f"column {number}", "stands there twice")
        if not any(column in IDS for column in columns):
            self._fault(1, "", f"no column of ids: {', '.join(IDS)}")
        for wanted in SAYS[self._name]:
            if wanted not in columns:
                self._fault(1, "", f"the column {wanted} is missing")
        return columns

    def _row(self, line: int, cells: Mapping[str, str]) -> Iterator[tuple[str, int]]:
        ids = []
        for kind, check in IDS.items():
            if text := cells.get(kind, "").strip():
                ids.append((kind, self._cell(line, kind, check, text)))
        if not ids:
            self._fault(line, "", "nobody: every id is empty")
        value = self._value(line, cells)
        for kind, canonical in ids:
            if canonical is not None and value is not None:
                yield self._person(kind, canonical), value

    def _value(self, line: int, cells: Mapping[str, str]) -> int | None:
        """What the record holds; None with a fault."""
        says = [cells.get(column, "").strip() for column in SAYS[self._name]]
        if self._name == "watch":
            return 1
        if self._name == "declared":
            moment = self._cell(line, "time", self._moment, says[0])
            return None if moment is None else stored("declared", _ms(moment))
        doses = self._cell(line, "doses", _doses, says[0])
        last = self._cell(line, "last_dose", self._moment, says[1])
        if doses is None or last is None:
            return None
        day = datetime.combine(last.astimezone(self._zone).date(), time.min, UTC)
        return Doses(doses, _ms(day)).packed

    def _cell(self, line: int, column: str, check: Callable[[str], T], text: str) -> T | None:
        try:
            if len(text) > LONGEST_CELL:
                raise _BadCell(f"over {LONGEST_CELL} characters")
            return check(text)
        except _BadCell as error:
            self._fault(line, column, str(error))
            return None

    def _moment(self, text: str) -> datetime:
        try:
            moment = _read_moment(text)
        except ValueError:
            raise _BadCell("no time: 2026-11-22T14:30, 2026-11-22, 22/11/2026 14:30, 22/11/2026") from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=self._zone)
        if moment > self._latest:
            raise _BadCell("lies ahead")
        if moment < _EARLIEST:
            raise _BadCell("before 2019")
        return moment

    def _fault(self, line: int, column: str, what: str) -> None:
        self._count += 1
        if len(self._faults) < MOST_FAULTS:
            self._faults.append(Fault(line, column, what))


def _doses(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,2}", text) or not 1 <= int(text) <= 20:
        raise _BadCell("1 to 20")
    return int(text)


def _read_moment(text: str) -> datetime:
    if found := _DAY_FIRST.fullmatch(text):
        day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
        return datetime.fromisoformat(f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
    return datetime.fromisoformat(text)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
