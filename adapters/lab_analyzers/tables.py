"""From a cycler's exported table (CSV, or text with tabs or semicolons) to lab results: pure, any bytes.

Above the table stand lines like ``* Experiment Name = …`` or ``Name,value``; the table begins where a line
holds the profile's headings. One fact per specimen and test; each row is a target. A Ct alone says nothing of
positive or negative: where no column gives a call or an amount, the result is UNMAPPED.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import NamedTuple

from adapters.lab_analyzers import calls, times
from adapters.lab_analyzers.charsets import decode
from adapters.lab_analyzers.names import CodedName, Names
from adapters.lab_analyzers.observations import read_text, target_of
from adapters.lab_analyzers.profiles import Profile
from adapters.lab_analyzers.quantities import cycles, is_placeholder
from hub.contract import Fact, Frame, Interpretation, MalformedFrame, Pseudonyms, TimeSource
from hub.payloads import Analyzer, Code, LabResult, Target

MAX_ROWS = 20_000  # a 384-well plate of eight targets has about 3,000
MAX_COLUMNS = 200
MAX_GROUPS = 2_000
MAX_TARGETS = 400  # of one test; keeps its event far below the bus's 256 KiB
_MAX_CELL_CHARACTERS = 200
_NUMBERED = re.compile(r"-[0-9]{1,3}$", re.ASCII)
_DELIMITERS = "\t;,"


@dataclass(slots=True)
class _Sheet:
    """The table of a file: ``above`` are the named values over it, ``at`` the columns by heading."""

    above: dict[str, str] = field(default_factory=dict)
    at: dict[str, int] = field(default_factory=dict)
    rows: list[tuple[int, list[str]]] = field(default_factory=list)


class _Line(NamedTuple):
    """One row, with the number of its line."""

    place: str
    cells: list[str]


class TableReader:
    """Reads the tables of one device; ``zone`` is that of its times, which name none."""

    def __init__(
        self, profile: Profile, pseudonyms: Pseudonyms, site: str, zone: tzinfo, charset: str = ""
    ) -> None:
        self.profile = profile
        self.layout = profile.table
        self.pseudonyms = pseudonyms
        self.zone = zone
        self.charset = charset or profile.charset
        self.names = Names(profile, pseudonyms)

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        """The facts and problems of ``frame``. Never raises, whatever the bytes are."""
        lines = self._lines(frame.raw)
        if lines is None:
            return _problems(frame, {"table.too_many": "rows"})
        sheet = self._sheet(lines)
        if not sheet.at:
            return _problems(frame, {"table.no_header": "row 1"})
        problems: dict[str, str] = {}
        groups = self._groups(sheet, problems)
        facts = tuple(self._fact(sheet, group, received_ms) for group in groups)
        if not facts and not problems:
            problems["table.no_result"] = "rows"
        return Interpretation(facts, _problems(frame, problems).problems)

    def _lines(self, raw: bytes) -> list[list[str]] | None:
        """Cells of each line, bounded; None: too many."""
        text, _ = decode(raw.removeprefix(b"\xef\xbb\xbf"), self.charset)
        text = text.replace("\x00", "")
        if text.count("\n") + text.count("\r") > 2 * MAX_ROWS:
            return None
        delimiter = max(_DELIMITERS, key=text.count)
        reader = csv.reader(text.splitlines(), delimiter=delimiter, strict=False)
        try:
            lines = [
                [cell.strip()[:_MAX_CELL_CHARACTERS] for cell in cells[:MAX_COLUMNS]] for cells in reader
            ]
        except csv.Error:
            return None  # a cell over the limit of the csv module, 128 KiB
        return lines if len(lines) <= MAX_ROWS else None

    def _sheet(self, lines: list[list[str]]) -> _Sheet:
        sheet = _Sheet()
        wanted = {calls.plain(heading) for heading in self.layout.specimen}
        for number, cells in enumerate(lines, 1):
            if sheet.at:
                if any(cells):
                    sheet.rows.append((number, cells))
                elif sheet.rows:
                    break  # an empty line ends the table; another one may follow that is not ours
            elif wanted & {calls.plain(cell) for cell in cells}:
                sheet.at = {calls.plain(cell): at for at, cell in reversed(list(enumerate(cells))) if cell}
            else:
                _note(sheet.above, cells)
        return sheet

    def _groups(self, sheet: _Sheet, problems: dict[str, str]) -> list["_Group"]:
        groups: dict[tuple[str, str], _Group] = {}
        for number, cells in sheet.rows:
            line = _Line(f"row {number}", cells)
            specimen, test = self._at(sheet, line, self.layout.specimen), self._test(sheet, line)
            if not specimen:
                continue  # an empty well
            if not test:
                problems.setdefault("table.no_test", line.place)
                continue
            group = groups.get((specimen, test))
            if group is None:
                if len(groups) >= MAX_GROUPS:
                    problems.setdefault("table.too_many", line.place)
                    continue
                group = groups[specimen, test] = _Group(specimen, test)
            if len(group.lines) >= MAX_TARGETS:
                problems.setdefault("table.too_many", line.place)
            else:
                group.lines.append(line)
        return [group for group in groups.values() if self._has_result(sheet, group)]

    def _has_result(self, sheet: _Sheet, group: "_Group") -> bool:
        return any(self._target_name(sheet, line).is_result for line in group.lines)

    def _test(self, sheet: _Sheet, line: _Line) -> str:
        layout = self.layout
        if layout.test:
            return self._at(sheet, line, layout.test)
        return layout.test_code or self._at(sheet, line, layout.target)

    def _target_name(self, sheet: _Sheet, line: _Line) -> CodedName:
        return self.names.read([self._at(sheet, line, self.layout.target) or self._test(sheet, line)])

    def _fact(self, sheet: _Sheet, group: "_Group", received_ms: int) -> Fact:
        profile, pseudonyms = self.profile, self.pseudonyms
        first = group.lines[0]
        time_ms, timesource, rejected = self._time(sheet, first, received_ms)
        flags = ("time_rejected",) if rejected else ()
        targets = tuple(self._targets(sheet, group, flags))
        test = self.names.read([group.test])
        specimen = pseudonyms.label(group.specimen, profile.specimen_pattern)
        run = self._at(sheet, first, self.layout.run)
        payload = LabResult(
            specimen=specimen,
            test=Code(test.code, test.text, test.loinc),
            call=calls.overall(target.call for target in targets),
            status="F",
            control=self._is_control(sheet, group),
            targets=targets,
            analyzer=Analyzer(profile.model or None, None),
        )
        key = f"{specimen}|{test.code}|{pseudonyms.label(run) if run else ''}"
        return Fact(payload, key, time_ms, timesource)

    def _targets(self, sheet: _Sheet, group: "_Group", flags: tuple[str, ...]) -> Iterator[Target]:
        layout, profile = self.layout, self.profile
        for line in group.lines:
            name = self._target_name(sheet, line)
            if not name.is_result:
                continue
            said = self._at(sheet, line, layout.result)
            amount = self._at(sheet, line, layout.quantity)
            value = read_text(said, "", None, "", profile)
            if value.number is None and amount and not is_placeholder(amount):
                counted = read_text(amount, layout.unit, None, "", profile)
                if value.call == "UNMAPPED" or counted.call == value.call:
                    value = counted
            value.flags = (*value.flags, *flags)
            yield target_of(name, value, cycles(self._at(sheet, line, layout.ct), profile.decimal))

    def _is_control(self, sheet: _Sheet, group: "_Group") -> bool:
        """One well that is for a control makes its specimen one."""
        tasks = {calls.plain(task) for task in self.layout.control_tasks}
        named = any(_task(self._at(sheet, line, self.layout.task)) in tasks for line in group.lines)
        return named or self.profile.names_control(group.specimen)

    def _time(self, sheet: _Sheet, line: _Line, received_ms: int) -> tuple[int, TimeSource, bool]:
        text = self._at(sheet, line, self.layout.time)
        for form in self.layout.time_forms if text else ():
            time_ms = _moment(text, form, self.zone)
            if time_ms is not None and times.is_plausible(time_ms, received_ms):
                return time_ms, "observation", False
        return received_ms, "received", bool(text)

    def _at(self, sheet: _Sheet, line: _Line, columns: tuple[str, ...]) -> str:
        """The first heading that the file has, of the row or of the lines above the table."""
        for column in columns:
            heading = calls.plain(column)
            at = sheet.at.get(heading)
            if at is not None:
                return line.cells[at] if at < len(line.cells) else ""
            if heading in sheet.above:
                return sheet.above[heading]
        return ""


@dataclass(slots=True)
class _Group:
    """The rows of one specimen and test."""

    specimen: str
    test: str
    lines: list[_Line] = field(default_factory=list)


def _note(above: dict[str, str], cells: list[str]) -> None:
    """``* Name = value`` (QuantStudio) or two cells (CFX)."""
    name, equals, value = cells[0].lstrip("*# ").partition("=") if cells else ("", "", "")
    if not equals and len(cells) > 1:
        value = cells[1]
    if name.strip() and value.strip():
        above.setdefault(calls.plain(name), value.strip())


def _task(text: str) -> str:
    """A well's task without its number: "Std-03" is "std"."""
    return _NUMBERED.sub("", calls.plain(text))


def _moment(text: str, form: str, zone: tzinfo) -> int | None:
    try:
        moment = datetime.strptime(text, form)  # noqa: DTZ007 - the zone is the device's, on the next line
        return int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()) * 1000
    except (ValueError, OverflowError):
        return None


def _problems(frame: Frame, found: dict[str, str]) -> Interpretation:
    return Interpretation(
        (), tuple(MalformedFrame(frame.raw, *each, frame.control, frame.origin) for each in found.items())
    )
