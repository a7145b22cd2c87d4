"""Groups the records of a message: what one specimen (O) says about one test, each R read as a row.

Source: ASTM E1394-97 8 (P), 9 (O), 10 (R), 11 (C); rows of a test and of its targets as GeneXpert
writes them (R.3: panel, test, assay and its version, target, part).
"""

import re
from dataclasses import dataclass, field

from adapters.lab_analyzers import quantities
from adapters.lab_analyzers.astm.records import Record, Records
from adapters.lab_analyzers.names import CodedName, Names
from adapters.lab_analyzers.observations import STATUS, Value, read_text
from adapters.lab_analyzers.profiles import Place, Profile

MAX_GROUPS = 2_000
MAX_ROWS = 400  # results of one test; keeps its event far below the bus's 256 KiB
MAX_ID_CHARACTERS = 200
_SKIPPED = frozenset("MSL")  # what is no result: maker's own, scientific, the end
_PENDING = "I"  # O.26: GeneXpert answers orders so, with its own ids of the specimens
_CANNOT_BE_DONE = "X"  # O.26, R.9
_ERROR_CODE = re.compile(r"[0-9]{1,6}", re.ASCII)
_FAILURE = re.compile(r"([0-9]{1,6}) ?: ", re.ASCII)


@dataclass(slots=True)
class Row:
    """One R record, read."""

    record: Record
    name: CodedName
    part: str  # "Ct" where it is not the result but a further value of the target
    is_whole: bool  # the row of the test itself, not of one of its targets
    value: Value


@dataclass(slots=True)
class Group:
    """What one O says about one test."""

    header: Record
    order: Record
    patient: Record | None
    test: list[str]
    rows: list[Row] = field(default_factory=list)
    own: set[str] = field(default_factory=set)  # codes of rows that stand for a test as a whole
    runs: set[str] = field(default_factory=set)  # and their runs


class Grouping:
    """One pass over the records."""

    def __init__(self, records: Records, profile: Profile, names: Names) -> None:
        self.groups: list[Group] = []
        self.tells_no_result = False  # a query, or what a machine made of its orders: no result is owed
        self._reasons: dict[str, str] = {}
        self._profile = profile
        self._names = names
        self._header = records.header
        self._patient: Record | None = None
        self._order: Record | None = None
        self._newest: Row | None = None
        self._of_order: dict[str, Group] = {}
        self._failed = False  # the order says so, and no result came with it yet
        for record in records.rest:
            self._take(record)
        self._tell_failure()

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Each reason once, with the first place."""
        return list(self._reasons.items())

    def _take(self, record: Record) -> None:
        match record.type:
            case "R":
                self._failed = False
                self._newest = self._result(record)
            case "O":
                self._begin(record)
            case "P":
                self._tell_failure()
                self._patient, self._order = record, None
            case "H":  # the next message of the same session
                self._tell_failure()
                self._header, self._patient, self._order = record, None, None
            case "C":
                self._tell_failure()
                self._comment(record)
            case "Q":
                self.tells_no_result = True
            case kind if kind not in _SKIPPED:
                self._complain("astm.unknown_record", record)

    def _complain(self, reason: str, record: Record) -> None:
        self._reasons.setdefault(reason, record.place)

    def _begin(self, order: Record) -> None:
        self._tell_failure()
        self._order, self._of_order, self._newest = order, {}, None
        report = order.field(26)
        self.tells_no_result |= report == _PENDING
        self._failed = report == _CANNOT_BE_DONE and self._profile.records.failed_orders

    def _tell_failure(self) -> None:
        """The order as a result without value, where the model tells a failed run so."""
        order, failed, self._failed = self._order, self._failed, False
        if failed and order is not None:
            marks = order.delimiters
            test = order.field(5).split(marks.repetition, 1)[0]
            line = marks.field.join(("R", "1", test, "", "", "", "", "", _CANNOT_BE_DONE))
            self._newest = self._result(Record(line, marks, order.place))

    def _comment(self, record: Record) -> None:
        """Only the number of an error: the rest of a comment is free text."""
        code = self._error_code(record.components(4))
        if self._newest and code:
            self._newest.value = self._newest.value.flagged(f"error:{code}")

    def _error_code(self, parts: list[str]) -> str:
        """``Error^5006^…`` of a GeneXpert, ``4442 : …`` of a model that tells failed runs by their orders."""
        if parts[0] == "Error" and _ERROR_CODE.fullmatch(at(parts, 2)):
            return parts[1]
        found = _FAILURE.match(parts[0]) if self._profile.records.failed_orders else None
        return found.group(1) if found else ""

    def _result(self, record: Record) -> Row | None:
        order = self._order
        if order is None:
            self._complain("astm.no_order_record", record)
            return None
        if not first_filled(self._profile.records.specimen, {"O": order}):
            self._complain("astm.no_specimen", order)
            return None
        row = self._row(record)
        group = self._group(order, row) if row else None
        if row is None or group is None:
            return None
        group.rows.append(row)
        if row.is_whole:  # noted, because looking at all rows for each further one would take too long
            group.own.add(row.name.raw)
            group.runs.add(self._run(row))
        return row

    def _group(self, order: Record, row: Row) -> Group | None:
        test = self._test(order, row.record)
        name = "^".join(test)
        group = self._of_order.get(name)
        if group is not None and row.is_whole:
            test = self._another(group, row) or test
            group = group if test == group.test and not self._is_other_run(group, row) else None
        if group is None:
            group = Group(self._header, order, self._patient, test)
            if len(self.groups) < MAX_GROUPS:
                self._of_order[name] = group
                self.groups.append(group)
                return group
        elif len(group.rows) < MAX_ROWS:
            return group
        self._complain("astm.too_many", row.record)
        return None

    def _another(self, group: Group, row: Row) -> list[str]:
        """A further target with a row of its own under one test code: a panel nobody gave codes to."""
        return [row.name.raw] if group.own and row.name.raw not in group.own else []

    def _is_other_run(self, group: Group, row: Row) -> bool:
        """The same test again in one order, by another cartridge."""
        return bool(group.runs) and self._run(row) not in group.runs

    def _run(self, row: Row) -> str:
        return first_filled(self._profile.records.run, {"R": row.record})

    def _test(self, order: Record, record: Record) -> list[str]:
        """Where R.3 names the test, that; else what O.5 orders; of several tests the row's own."""
        component = self._profile.records.test_component
        parts = record.components(3)
        if component:
            return [at(parts, component) or _filled(parts)]
        ordered = order.repetitions(5)
        return [_filled(ordered[0]) if len(ordered) == 1 and _filled(ordered[0]) else _filled(parts)]

    def _row(self, record: Record) -> Row | None:
        """None for what is no result: a control inside the test, data about the run, a row without code."""
        layout = self._profile.records
        parts = record.components(3)
        part = at(parts, layout.part_component)
        if part and part not in layout.ct_parts:
            return None
        is_whole = at(parts, layout.assay_component) != ""
        name = self._names.read([self._code(parts, is_whole=is_whole)])
        if not name.is_result:
            return None
        return Row(record, name, part, is_whole, Value() if part else self._value(record))

    def _code(self, parts: list[str], *, is_whole: bool) -> str:
        """Of a row's target; the row of a test that names no target has the code of the test."""
        layout = self._profile.records
        if not layout.target_component:
            return _filled(parts)
        own = at(parts, layout.target_component)
        return own or ((at(parts, layout.test_component) or _filled(parts)) if is_whole else "")

    def _value(self, record: Record) -> Value:
        """The word of R.4 with the number beside it; nothing at all is NO_RESULT, not a negative."""
        profile = self._profile
        unit, flag, status = record.text(5), record.text(7), STATUS.get(record.field(9))
        component = profile.records.number_component
        word, number = record.text(4), record.text(4, component) if component > 1 else ""
        value = read_text(word or number, unit, status, flag, profile)
        if word and number:
            measured = read_text(number, unit, status, "", profile)
            value = value._replace(
                number=measured.number,
                unit=measured.unit,
                comparator=measured.comparator or value.comparator,
            )
        if value.call == "UNMAPPED" and not (word or number or value.flags):
            value = value._replace(call="NO_RESULT")
        if value.number is not None:  # R.7 "<", ">": the end of what it can count (E1394 10.1.8)
            value = value.bounded(quantities.as_comparator(flag))
        return value


def first_filled(places: tuple[Place, ...], named: dict[str, Record]) -> str:
    """The first place that is filled, bounded."""
    for place in places:
        record = named.get(place.record)
        text = record.text(place.field, place.component) if record else ""
        if text:
            return text[:MAX_ID_CHARACTERS]
    return ""


def at(parts: list[str], component: int) -> str:
    """A component by its number from 1; empty where there is none, and for 0."""
    return parts[component - 1] if 0 < component <= len(parts) else ""


def _filled(parts: list[str]) -> str:
    """The first component that is filled: universal id or the maker's own code (6.6.1)."""
    return next((part for part in parts if part), "")
