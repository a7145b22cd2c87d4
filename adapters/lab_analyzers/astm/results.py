"""From E1394 records, or HL7 in E1381 frames, to lab results: pure, and a result of any bytes.

One fact per specimen (O) and test. Names, comments and operators are never read; specimen, order and
patient number leave as pseudonyms only. Source: ASTM E1394-97 7 (H), 8 (P), 9 (O), 10 (R).
"""

import re
from dataclasses import dataclass, field
from datetime import tzinfo

from adapters.lab_analyzers import calls, times
from adapters.lab_analyzers.astm.records import Fault, Record, Records, read_records
from adapters.lab_analyzers.hl7_results import Reader
from adapters.lab_analyzers.names import CodedName, Names
from adapters.lab_analyzers.observations import STATUS, Value, order_status, read_text, target_of
from adapters.lab_analyzers.profiles import Place, Profile
from adapters.lab_analyzers.quantities import cycles
from hub.contract import Fact, Frame, Interpretation, MalformedFrame, Pseudonyms, TimeSource
from hub.payloads import Analyzer, Call, Code, LabResult, Target

MAX_GROUPS = 2_000
MAX_ROWS = 400  # results of one test; keeps its event far below the bus's 256 KiB
_MAX_ID_CHARACTERS = 200
_SERIAL = re.compile(r"[A-Za-z0-9._/-]{1,32}", re.ASCII)
_HL7 = re.compile(rb"[\s\x00]*MSH")
_SKIPPED = frozenset("PCMSL")  # what is no result: patient, comment, maker's own, scientific, the end


@dataclass(slots=True)
class _Row:
    """One R record, read."""

    record: Record
    name: CodedName
    part: str
    is_whole: bool  # the row of the test itself, not of one of its targets
    value: Value


@dataclass(slots=True)
class _Group:
    """What one O says about one test."""

    order: Record
    patient: Record | None
    test: list[str]
    rows: list[_Row] = field(default_factory=list)
    overfull: bool = False


class AstmReader:
    """Reads the messages of one device; ``zone`` is that of its times, which name none."""

    def __init__(
        self, profile: Profile, pseudonyms: Pseudonyms, site: str, zone: tzinfo, charset: str = ""
    ) -> None:
        self.profile = profile
        self.pseudonyms = pseudonyms
        self.site = site
        self.zone = zone
        self.charset = charset or profile.charset
        self.names = Names(profile, pseudonyms)
        self._hl7 = Reader(profile, pseudonyms, site, zone, charset)

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        """The facts and problems of ``frame``. Never raises, whatever the bytes are."""
        if _HL7.match(frame.raw):  # GeneXpert queues ORU messages across a change of protocol
            return self._hl7.interpret(frame, received_ms)
        records = read_records(frame.raw, self.charset)
        if isinstance(records, Fault):
            return _problem(frame, records.reason, records.place)
        grouping = _Grouping(self, records)
        facts = tuple(_Writer(self, records, group, received_ms).fact() for group in grouping.groups)
        problems = grouping.problems
        if not facts and not problems:
            problems = [("astm.no_result", "R")]
        return Interpretation(
            facts, tuple(MalformedFrame(frame.raw, *each, origin=frame.origin) for each in problems)
        )


def _problem(frame: Frame, reason: str, place: str) -> Interpretation:
    return Interpretation((), (MalformedFrame(frame.raw, reason, place, origin=frame.origin),))


class _Grouping:
    """One pass over the records."""

    def __init__(self, reader: AstmReader, records: Records) -> None:
        self.groups: list[_Group] = []
        self._reasons: dict[str, str] = {}
        self._reader = reader
        self._patient: Record | None = None
        self._order: Record | None = None
        self._of_order: dict[str, _Group] = {}
        for record in records.rest:
            self._take(record)

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Each reason once, with the first place."""
        return list(self._reasons.items())

    def _take(self, record: Record) -> None:
        match record.type:
            case "R":
                self._result(record)
            case "O":
                self._order, self._of_order = record, {}
            case "P":
                self._patient, self._order = record, None
            case "Q":
                self._complain("astm.query", record)
            case kind if kind not in _SKIPPED:
                self._complain("astm.unknown_record", record)

    def _complain(self, reason: str, record: Record) -> None:
        self._reasons.setdefault(reason, record.place)

    def _result(self, record: Record) -> None:
        if self._order is None:
            self._complain("astm.no_order_record", record)
            return
        if not first_filled(self._reader.profile.records.specimen, {"O": self._order}):
            self._complain("astm.no_specimen", self._order)
            return
        row = self._row(record)
        if row is None:
            return
        group = self._group(self._test(record, row), record)
        if group is not None:
            group.rows.append(row)

    def _group(self, test: list[str], record: Record) -> _Group | None:
        assert self._order is not None
        name = "^".join(test)
        group = self._of_order.get(name)
        if group is None:
            if len(self.groups) >= MAX_GROUPS:
                self._complain("astm.too_many", record)
                return None
            group = self._of_order[name] = _Group(self._order, self._patient, test)
            self.groups.append(group)
        if len(group.rows) >= MAX_ROWS:
            self._complain("astm.too_many", record)
            return None
        return group

    def _test(self, record: Record, row: _Row) -> list[str]:
        """Where R.3 names the test, that; else what O.5 orders; of several tests the row's own."""
        assert self._order is not None
        at = self._reader.profile.records.test_component
        parts = record.components(3)
        if at:
            own = parts[at - 1] if at <= len(parts) else ""
            return [own or _filled(parts)]
        ordered = self._order.repetitions(5)
        return _coded(ordered[0]) if len(ordered) == 1 and _filled(ordered[0]) else _coded(parts)

    def _row(self, record: Record) -> _Row | None:
        """None for what is no result: a control inside the test, data about the run, a row without code."""
        layout = self._reader.profile.records
        parts = record.components(3)
        part = _at(parts, layout.part_component)
        if part and part not in layout.ct_parts:
            return None
        is_whole = bool(layout.assay_component) and bool(_at(parts, layout.assay_component))
        code = _at(parts, layout.target_component) if layout.target_component else ""
        coded = [code] if code else _coded(parts) if not layout.target_component or is_whole else [""]
        name = self._reader.names.read(
            [_at(parts, layout.test_component)] if is_whole and not code else coded
        )
        if not name.is_result:
            return None
        return _Row(record, name, part, is_whole, self._value(record, part))

    def _value(self, record: Record, part: str) -> Value:
        profile = self._reader.profile
        status = STATUS.get(record.field(9))
        text = record.text(4) or record.text(4, profile.records.number_component)
        return Value() if part else read_text(text, record.text(5), status, record.text(7), profile)


class _Writer:
    """Writes one group as a fact."""

    def __init__(self, reader: AstmReader, records: Records, group: _Group, received_ms: int) -> None:
        self._reader = reader
        self._layout = reader.profile.records
        self._group = group
        self._received_ms = received_ms
        self._main = next((row for row in group.rows if row.is_whole), group.rows[0])
        self._named = {"H": records.header, "O": group.order, "R": self._main.record}
        if group.patient is not None:
            self._named["P"] = group.patient

    def fact(self) -> Fact:
        pseudonyms, profile = self._reader.pseudonyms, self._reader.profile
        test = self._reader.names.read(self._group.test)
        specimen = pseudonyms.label(self._text(self._layout.specimen), profile.specimen_pattern)
        control = self._group.order.field(12) in self._layout.control_actions
        time_ms, timesource, rejected = self._time()
        targets = self._targets(("time_rejected",) if rejected else ())
        serial, order = self._text(self._layout.serial), self._text(self._layout.order)
        payload = LabResult(
            specimen=specimen,
            test=Code(test.code, test.text, test.loinc),
            call=self._call(targets),
            status=STATUS.get(self._main.record.field(9)) or order_status(self._group.order.field(26)),
            order=pseudonyms.label(order, profile.order_pattern) if order else None,
            person=None if control else self._person(),
            control=control,
            targets=targets,
            analyzer=Analyzer(profile.model or None, serial if _SERIAL.fullmatch(serial) else None),
        )
        run = self._text(self._layout.run)
        return Fact(
            payload, f"{specimen}|{test.code}|{pseudonyms.label(run) if run else ''}", time_ms, timesource
        )

    def _text(self, places: tuple[Place, ...]) -> str:
        return first_filled(places, self._named)

    def _person(self) -> str | None:
        """Nobody of a pool: its specimen is several people's."""
        if "," in self._text(self._layout.specimen):
            return None
        number = self._text(self._layout.patient)
        return self._reader.pseudonyms.patient(self._reader.site, number) if number else None

    def _call(self, targets: tuple[Target, ...]) -> Call:
        if self._main.is_whole and self._main.value.call != "UNMAPPED":
            return self._main.value.call
        return calls.overall(target.call for target in targets)

    def _targets(self, flags: tuple[str, ...]) -> tuple[Target, ...]:
        """Targets with their Ct; the row of the test itself where it has a number, or is all there is."""
        rows = [row for row in self._group.rows if not row.part]
        cts = {row.name.code: self._ct(row) for row in self._group.rows if row.part}
        own = [row for row in rows if not row.is_whole]
        shown = [row for row in rows if not row.is_whole or not own or row.value.number is not None]
        shown = [row for row in shown if row in own or not any(row.name.code == o.name.code for o in own)]
        found = [target_of(row.name, _flagged(row.value, flags), cts.get(row.name.code)) for row in shown]
        known = {row.name.code for row in shown}
        alone = [row for row in self._group.rows if row.part and row.name.code not in known]
        return (*found, *(target_of(row.name, Value(flags=flags), self._ct(row)) for row in alone))

    def _ct(self, row: _Row) -> float | None:
        text = row.record.text(4, self._layout.number_component) or row.record.text(4)
        return cycles(text, self._reader.profile.decimal)

    def _time(self) -> tuple[int, TimeSource, bool]:
        """R.13 completed, R.12 started, H.14 message time: the first that can be true."""
        rejected = False
        record, header = self._main.record, self._named["H"]
        stamps: tuple[tuple[str, TimeSource], ...] = (
            (record.text(13), "observation"), (record.text(12), "observation"), (header.text(14), "message"),
        )  # fmt: skip
        for stamp, source in stamps:
            if stamp:
                time_ms = times.to_ms(stamp, self._reader.zone)
                if time_ms is not None and times.is_plausible(time_ms, self._received_ms):
                    return time_ms, source, rejected
                rejected = True
        return self._received_ms, "received", rejected


def first_filled(places: tuple[Place, ...], named: dict[str, Record]) -> str:
    """The first place that is filled, bounded."""
    for place in places:
        record = named.get(place.record)
        text = record.text(place.field, place.component) if record else ""
        if text:
            return text[:_MAX_ID_CHARACTERS]
    return ""


def _flagged(value: Value, flags: tuple[str, ...]) -> Value:
    value.flags = (*value.flags, *flags)
    return value


def _at(parts: list[str], component: int) -> str:
    return parts[component - 1] if 0 < component <= len(parts) else ""


def _filled(parts: list[str]) -> str:
    return next((part for part in parts if part), "")


def _coded(parts: list[str]) -> list[str]:
    """The first component that is filled: universal id or the maker's own code (6.6.1)."""
    return [_filled(parts)]
