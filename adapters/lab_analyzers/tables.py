"""From a cycler's exported table (CSV, text, XLSX, XLS) to lab results: pure, any bytes.

Above the table stand lines like ``* Experiment Name = …`` or ``Name,value``; the table begins where a line
holds the profile's headings. One fact per specimen and test; each row is a target. A Ct alone says nothing of
positive or negative: where no column gives a call or an amount, the result is UNMAPPED.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from adapters.lab_analyzers import calls, times
from adapters.lab_analyzers.grids import Grid, grids
from adapters.lab_analyzers.names import CodedName, Names
from adapters.lab_analyzers.observations import Value, read_text, target_of
from adapters.lab_analyzers.profiles import Profile
from adapters.lab_analyzers.quantities import cycles, is_placeholder
from adapters.lab_analyzers.sheets import Row, TextBook, Unreadable
from adapters.lab_analyzers.workbooks import is_workbook, open_book
from adapters.lab_analyzers.workbooks.values import TIME_FORM
from hub.contract import Fact, Frame, Interpretation, MalformedFrame, Pseudonyms, TimeSource
from hub.payloads import Analyzer, Call, Code, LabResult, Target

MAX_GROUPS = 2_000
MAX_TARGETS = 400  # of one test; keeps its event far below the bus's 256 KiB
_MAX_PARTS = 40  # results of one test in one text
_YES, _NO = frozenset(("true", "yes", "x", "1")), frozenset(("false", "no", "0"))
_NUMBERED = re.compile(r"-[0-9]{1,3}$", re.ASCII)


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
        try:
            book = open_book(frame.raw) if is_workbook(frame.raw) else TextBook(frame.raw, self.charset)
            found = grids(book, self.layout)
        except Unreadable as error:
            return _problems(frame, {error.reason: error.place})
        if not found:
            reason = "table.no_header" if self.layout.specimen else "table.no_profile"
            return _problems(frame, {reason: "row 1"})
        problems: dict[str, str] = {}
        groups = self._groups(found, problems)
        facts = tuple(self._fact(group, received_ms) for group in groups)
        if not facts and not problems:
            problems["table.no_result"] = "rows"
        return Interpretation(facts, _problems(frame, problems).problems)

    def _groups(self, found: list[Grid], problems: dict[str, str]) -> list["_Group"]:
        groups: dict[tuple[int, str, str], _Group] = {}
        for at, grid in enumerate(found):
            for row in grid.rows or ([Row(grid.number, [])] if self.layout.record else []):
                self._take(groups, at if self.layout.record else 0, grid, row, problems)
        return [group for group in groups.values() if self._has_result(group)]

    def _take(
        self,
        groups: dict[tuple[int, str, str], "_Group"],
        at: int,
        grid: Grid,
        row: Row,
        problems: dict[str, str],
    ) -> None:
        """Put a row to its specimen and test."""
        if self._is_omitted(grid, row):
            return
        place = f"row {row.number}"
        specimen, test = grid.read(row.cells, self.layout.specimen), self._test(grid, row)
        if not specimen:
            if self.layout.record:
                problems.setdefault("table.no_specimen", place)
            return  # an empty well
        if not test:
            problems.setdefault("table.no_test", place)
            return
        group = groups.get((at, specimen, test))
        if group is None:
            if len(groups) >= MAX_GROUPS:
                problems.setdefault("table.too_many", place)
                return
            group = groups[at, specimen, test] = _Group(grid, specimen, test, row)
        if len(group.rows) >= MAX_TARGETS:
            problems.setdefault("table.too_many", place)
        elif row.cells:
            group.rows.append(row)

    def _is_omitted(self, grid: Grid, row: Row) -> bool:
        """Whether the laboratory left the well out in its software: no result is to come of it."""
        omitted = calls.plain(grid.read(row.cells, self.layout.omitted))
        return omitted in _YES or calls.plain(grid.read(row.cells, self.layout.included)) in _NO

    def _has_result(self, group: "_Group") -> bool:
        if group.grid.read(group.first.cells, self.layout.overall):
            return True
        return any(self._target_name(group.grid, row).is_result for row in group.rows)

    def _test(self, grid: Grid, row: Row) -> str:
        layout = self.layout
        if layout.test:
            return grid.read(row.cells, layout.test)
        return layout.test_code or grid.read(row.cells, layout.target)

    def _target_name(self, grid: Grid, row: Row) -> CodedName:
        return self.names.read([grid.read(row.cells, self.layout.target) or self._test(grid, row)])

    def _fact(self, group: "_Group", received_ms: int) -> Fact:
        layout, profile, pseudonyms = self.layout, self.profile, self.pseudonyms
        grid, cells = group.grid, group.first.cells
        time_ms, timesource, rejected = self._time(group, received_ms)
        flags = ("time_rejected",) if rejected else ()
        whole = [self._whole(part, group.test, flags) for part in self._parts(group)]
        targets = tuple(_joined(whole, list(self._targets(group, flags))))
        said = [value.call for _, value in whole] or [target.call for target in targets]
        test = self.names.read([group.test])
        specimen = pseudonyms.label(group.specimen, profile.specimen_pattern)
        run, serial = grid.read(cells, layout.run), grid.read(cells, layout.serial)
        payload = LabResult(
            specimen=specimen,
            test=Code(test.code, test.text, test.loinc),
            call=calls.overall(said),
            status="F",
            control=self._is_control(group),
            targets=targets,
            analyzer=Analyzer(profile.model or None, pseudonyms.label(serial) if serial else None),
        )
        key = f"{specimen}|{test.code}|{pseudonyms.label(run) if run else ''}"
        return Fact(payload, key, time_ms, timesource)

    def _targets(self, group: "_Group", flags: tuple[str, ...]) -> Iterator[Target]:
        layout, profile = self.layout, self.profile
        for row in group.rows:
            name = self._target_name(group.grid, row)
            if not name.is_result:
                continue
            said = group.grid.read(row.cells, layout.result)
            amount = self._ungrouped(group.grid.read(row.cells, layout.quantity))
            value = read_text(said, "", None, "", profile)
            if value.number is None and amount and not is_placeholder(amount):
                counted = read_text(amount, layout.unit, None, "", profile)
                if value.call == "UNMAPPED" or counted.call == value.call:
                    value = counted
            ct = cycles(group.grid.read(row.cells, layout.ct), profile.decimal)
            yield target_of(name, value.flagged(*flags), ct)

    def _ungrouped(self, amount: str) -> str:
        """``127,155.960`` without its comma, if all groups are whole; anything else as it is."""
        mark = re.escape(self.layout.thousands)
        is_grouped = mark and re.fullmatch(rf"[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+(?:[.,][0-9]+)?", amount)
        return amount.replace(self.layout.thousands, "") if is_grouped else amount

    def _parts(self, group: "_Group") -> list[str]:
        text = group.grid.read(group.first.cells, self.layout.overall)
        return [part.strip() for part in text.split("|") if part.strip()][:_MAX_PARTS]

    def _whole(self, part: str, test: str, flags: tuple[str, ...]) -> tuple[CodedName, Value]:
        """One result of the whole test: "MTB DETECTED LOW", "HIV-1 DETECTED 1.2E03 copies/mL (log 3.08)"."""
        words, value = part, read_text(part, "", None, "", self.profile)
        match = self.layout.amount.fullmatch(part) if self.layout.amount else None
        if match is not None and value.call == "UNMAPPED":
            counted = read_text(match[2], match[3], None, "", self.profile)
            if counted.call == calls.of_word(match[1], self.profile.words):
                words, value = match[1], counted
        return self.names.read([self._named(words, value.call) or test]), value.flagged(*flags)

    def _named(self, text: str, call: Call) -> str:
        """What stands before the outcome: the longest end that alone says the same is the outcome."""
        words = text.split()
        for begin in range(1, len(words)):
            if calls.of_word(" ".join(words[begin:]), self.profile.words) == call:
                return " ".join(words[:begin])
        return ""

    def _is_control(self, group: "_Group") -> bool:
        """One well that is for a control makes its specimen one."""
        tasks = {calls.plain(task) for task in self.layout.control_tasks}
        rows = [group.first, *group.rows]
        named = any(_task(group.grid.read(row.cells, self.layout.task)) in tasks for row in rows)
        return named or self.profile.names_control(group.specimen)

    def _time(self, group: "_Group", received_ms: int) -> tuple[int, TimeSource, bool]:
        text = group.grid.read(group.first.cells, self.layout.time)
        for form in (*self.layout.time_forms, TIME_FORM) if text else ():
            time_ms = _moment(text, form, self.zone)
            if time_ms is not None and times.is_plausible(time_ms, received_ms):
                return time_ms, "observation", False
        return received_ms, "received", bool(text)


@dataclass(slots=True)
class _Group:
    """The rows of one specimen and test; ``first`` says what all of them share."""

    grid: Grid
    specimen: str
    test: str
    first: Row
    rows: list[Row] = field(default_factory=list)


def _joined(whole: list[tuple[CodedName, Value]], rows: list[Target]) -> Iterator[Target]:
    """The results of the whole test, with the Ct of their row where there is one; then the other rows."""
    by_code = {target.code: target for target in rows}
    named = {name.code for name, _ in whole}
    for name, value in whole:
        row = by_code.get(name.code)
        yield target_of(name, value, row.ct if row else None)
    yield from (target for target in rows if target.code not in named)


def _task(text: str) -> str:
    """A well's task without its number: "Std-03" is "std"."""
    return _NUMBERED.sub("", calls.plain(text))


def _moment(text: str, form: str, zone: tzinfo) -> int | None:
    if form.endswith("UTC"):
        zone = UTC
    try:
        moment = datetime.strptime(text, form)  # noqa: DTZ007 - the zone is the device's, on the next line
        return int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()) * 1000
    except (ValueError, OverflowError):
        return None


def _problems(frame: Frame, found: dict[str, str]) -> Interpretation:
    return Interpretation(
        (), tuple(MalformedFrame(frame.raw, *each, frame.control, frame.origin) for each in found.items())
    )
