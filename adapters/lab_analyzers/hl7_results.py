"""From an HL7 message to lab results: pure, and a result of any bytes, however hostile.

One fact per specimen and test. What a message leaves out is a problem with a reason and a place;
the groups that are whole pass all the same. Specimen, order and person leave as pseudonyms only;
names, comments, operators and free text are never read.
"""

import re
from collections.abc import Iterator
from datetime import tzinfo
from functools import lru_cache, partial

from msgspec import structs

from adapters.lab_analyzers import calls, times
from adapters.lab_analyzers.er7 import Fault, Header, read_header, read_message
from adapters.lab_analyzers.groups import Group, Grouping, Problem
from adapters.lab_analyzers.hl7_order_answers import is_answer, read_answer
from adapters.lab_analyzers.hl7_orders import STEP_MARK
from adapters.lab_analyzers.hl7_queries import is_query, read_query
from adapters.lab_analyzers.hl7_refusals import ORDER_REFUSED, orders_nothing
from adapters.lab_analyzers.hl7_rows import Plan, Row, RowReader, plan
from adapters.lab_analyzers.names import CodedName, Names
from adapters.lab_analyzers.observations import order_status, target_of
from adapters.lab_analyzers.profiles import Profile, Source
from adapters.lab_analyzers.quantities import cycles
from hub.contract import Fact, Frame, Interpretation, MalformedFrame, Pseudonyms, TimeSource
from hub.payloads import Analyzer, Call, Code, LabResult, ResultStatus, Target

_RESULT_TYPES = frozenset(("ORU", "OUL"))
_QUERY_CANCELLED = "QCN"
_QUALITY_CONTROL = "Q"  # MSH-11, sent so by Mindray for control runs
_POOLED = "L"  # SPM-11
_NATIONAL_ID = re.compile(r"[0-9]{12}", re.ASCII)  # Vietnam's CCCD number
_SERIAL = re.compile(r"[A-Za-z0-9._/-]{1,32}", re.ASCII)
_MAX_ID_CHARACTERS = 200
_MAX_PLACES = 5  # of one reason; the capture has them all
_ENCODINGS = 8  # delimiters and charsets of one device: it has one


class Reader:
    """Reads the messages of one device; ``zone`` is that of times which name none."""

    def __init__(
        self, profile: Profile, pseudonyms: Pseudonyms, site: str, zone: tzinfo, charset: str = ""
    ) -> None:
        self.profile = profile
        self.pseudonyms = pseudonyms
        self.site = site
        self.zone = zone
        self.charset = charset or profile.charset
        self.names = Names(profile, pseudonyms)
        self.rows_in = lru_cache(_ENCODINGS)(partial(RowReader, profile, self.names))

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        """The facts and problems of ``frame``. Never raises, whatever the bytes are."""
        header = read_header(frame.raw)
        if isinstance(header, Fault):
            return _only(frame, header.reason, header.place)
        if header.text(9)[:3].upper() not in _RESULT_TYPES:
            return self._no_result(frame, header)
        message = read_message(frame.raw, header, self.charset)
        if isinstance(message, Fault):
            return _only(frame, message.reason, message.place)
        grouping = Grouping(message)
        rows = self.rows_in(message.delimiters, message.charset)
        problems = grouping.problems
        facts: list[Fact] = []
        if not grouping.several_messages:
            for group in grouping.groups:
                read = _GroupReader(self, rows, header, group, received_ms).read()
                if isinstance(read, Fact):
                    facts.append(read)
                elif not group.overfull:
                    problems.append(read)
        if not facts and not problems:
            return _only(frame, "hl7.no_result", "OBX")
        return Interpretation(tuple(facts), _merged(frame, problems) if problems else ())

    def _no_result(self, frame: Frame, header: Header) -> Interpretation:
        """A query, a query cancelled, or an answer to an order of ours: kept, and nothing of a specimen."""
        found: object
        if is_query(header):
            found = read_query(frame.raw, self.profile, self.charset)
        elif is_answer(header):
            found = read_answer(frame.raw, header, self.charset)
        elif header.text(9)[:3].upper() == _QUERY_CANCELLED:
            return Interpretation()
        else:
            found = Fault("hl7.unsupported_type", "MSH-9")
        return _only(frame, found.reason, found.place) if isinstance(found, Fault) else Interpretation()


def _only(frame: Frame, reason: str, place: str) -> Interpretation:
    return Interpretation((), _merged(frame, [Problem(reason, place)]))


def _merged(frame: Frame, problems: list[Problem]) -> tuple[MalformedFrame, ...]:
    """One problem a reason, with the first places: each carries the message whole, to replay it."""
    places: dict[str, list[str]] = {}
    for problem in problems:
        places.setdefault(problem.reason, []).append(problem.place)
    return tuple(
        MalformedFrame(frame.raw, reason, _listed(found), frame.control, frame.origin)
        for reason, found in places.items()
    )


def _listed(places: list[str]) -> str:
    more = len(places) - _MAX_PLACES
    return ", ".join(places[:_MAX_PLACES]) + (f" and {more} more" if more > 0 else "")


class _GroupReader:
    """Reads one group into a fact, or into the problem that it has."""

    __slots__ = ("group", "header", "profile", "pseudonyms", "reader", "received_ms", "row_reader")

    def __init__(
        self, reader: Reader, row_reader: RowReader, header: Header, group: Group, received_ms: int
    ) -> None:
        self.reader = reader
        self.row_reader = row_reader
        self.profile = reader.profile
        self.pseudonyms = reader.pseudonyms
        self.header = header
        self.group = group
        self.received_ms = received_ms

    def read(self) -> Fact | Problem:
        group = self.group
        specimen = self._specimen()
        request = group.context["OBR"]
        test = self.reader.names.read(request.components(4))
        rows = self.row_reader.read(group.rows)
        if not group.rows and orders_nothing(group):
            return Problem(ORDER_REFUSED, group.place)
        if group.overfull or not rows:
            return Problem("hl7.no_result", group.place)
        if not specimen:
            return Problem("hl7.no_specimen", group.place)
        if not test.raw:
            return Problem("hl7.no_test", group.place)
        return self._fact(specimen, test, rows)

    def _fact(self, specimen_id: str, test: CodedName, rows: list[Row]) -> Fact:
        specimen = self.pseudonyms.label(specimen_id, self.profile.specimen_pattern)
        layout = plan(tuple([row.shape for row in rows]))
        results = [rows[place] for place, _ in layout.targets]
        found = _targets(rows, layout)
        primary = _primary(results, test)
        first = rows if primary is None else [primary, *rows]
        time_ms, timesource, rejected = self._time(first)
        if rejected:
            found = [structs.replace(target, flags=(*target.flags, "time_rejected")) for target in found]
        if self.profile.ct_note and len(results) == 1 and found[0].ct is None:
            found[0] = self._with_noted_ct(found[0], self.profile.ct_note)
        control = self._is_control(specimen_id)
        payload = LabResult(
            specimen=specimen,
            test=Code(test.code, test.text, test.loinc),
            call=_call(primary, results),
            status=self._status(primary, layout),
            order=self._order(test),
            person=None if control or self._is_pool(specimen_id) else self._person(),
            control=control,
            targets=tuple(found),
            analyzer=Analyzer(self.profile.model or None, self._serial()),
        )
        return Fact(payload, f"{specimen}|{test.code}|{self._run(first)}", time_ms, timesource)

    def _status(self, primary: Row | None, layout: Plan) -> ResultStatus:
        """Of the row that stands for the test, else the least final of all rows, else OBR-25, else final.

        OBX-11 goes before OBR-25 because fixtures and machines shift the fields of OBR.
        """
        own = primary.shape.status if primary else None
        return own or layout.status or order_status(self.group.context["OBR"].field(25))

    def _specimen(self) -> str:
        if not self.group.specimen_first:
            return self._first(self.profile.specimen)
        return self._first(tuple(place for place in self.profile.specimen if place.segment != "OBR"))

    def _first(self, places: tuple[Source, ...]) -> str:
        """The first place that is filled, bounded."""
        for place in places:
            text = self._at(place)
            if text:
                return text[:_MAX_ID_CHARACTERS]
        return ""

    def _at(self, place: Source) -> str:
        if place.segment == "MSH":
            return self.header.text(place.field, place.component)
        segment = self.group.context.get(place.segment)
        return segment.text(place.field, place.component, place.subcomponent) if segment else ""

    def _order(self, test: CodedName) -> str | None:
        """The placer's number; a step of ours has the code of its test behind it."""
        order = self._first(self.profile.order).removesuffix(f"{STEP_MARK}{test.raw}")
        return self.pseudonyms.label(order, self.profile.order_pattern) if order else None

    def _serial(self) -> str | None:
        serial = self._first(self.profile.serial)
        return serial if _SERIAL.fullmatch(serial) else None

    def _run(self, rows: list[Row]) -> str:
        """What tells runs apart, as pseudonymous as the rest: the key becomes the event's subject."""
        parts: list[str] = []
        for place in self.profile.run:
            if place.segment == "OBX":
                segment = self.row_reader.segment(rows[0])
                instances = segment.repetitions(place.field) if segment.field(place.field) else ()
                parts += [
                    part[place.component - 1].strip() for part in instances if len(part) >= place.component
                ]
            else:
                parts.append(self._at(place))
        text = ".".join(part for part in parts if part)[:_MAX_ID_CHARACTERS]
        return self.pseudonyms.label(text) if text else ""

    def _is_pool(self, specimen_id: str) -> bool:
        """Several people's specimen: a list of ids, or SPM-11 = L (table 0369). It is nobody's result."""
        specimen = self.group.context.get("SPM")
        return "," in specimen_id or (specimen is not None and specimen.text(11) == _POOLED)

    def _is_control(self, specimen_id: str) -> bool:
        if self.profile.names_control(specimen_id):
            return True
        specimen = self.group.context.get("SPM")
        if specimen is not None and specimen.text(11) in self.profile.control_roles:
            return True
        if any(supply.text(3) in self.profile.control_inventory for supply in self.group.inventory):
            return True
        return self.header.text(11) == _QUALITY_CONTROL

    def _person(self) -> str | None:
        patient = self.group.context.get("PID")
        if patient is None or not patient.field(3):
            return None
        number = ""
        for identifier in patient.repetitions(3):
            value, kind, authority = _identifier(identifier)
            if self._is_national(value, kind, authority):
                return self.pseudonyms.person("vnid", value)
            number = number or value
        return self.pseudonyms.patient(self.reader.site, number) if number else None

    def _is_national(self, value: str, kind: str, authority: str) -> bool:
        """Only a number that says so: 12 digits alone may be a hospital's own."""
        said = kind in self.profile.national_id_types or authority in self.profile.national_id_authorities
        return said and _NATIONAL_ID.fullmatch(value) is not None

    def _time(self, rows: list[Row]) -> tuple[int, TimeSource, bool]:
        """The first time that can be true, where it is from, and whether one before it could not."""
        rejected = False
        for stamp, timesource in self._stamps(rows):
            if stamp:
                time_ms = times.to_ms(stamp, self.reader.zone)
                if time_ms is not None and times.is_plausible(time_ms, self.received_ms):
                    return time_ms, timesource, rejected
                rejected = True
        return self.received_ms, "received", rejected

    def _stamps(self, rows: list[Row]) -> Iterator[tuple[str, TimeSource]]:
        for number in (19, 14):
            for row in rows:
                if len(row.fields) > number and row.fields[number]:
                    yield self.row_reader.segment(row).text(number), "observation"
        yield self.group.context["OBR"].text(22), "observation"
        yield self.header.text(7), "message"

    def _with_noted_ct(self, target: Target, form: re.Pattern[str]) -> Target:
        """A Ct from a note: the first channel that crossed."""
        for note in self.group.notes:
            listed = form.match(note.text(3)[:_MAX_ID_CHARACTERS])
            for part in listed.group(1).split(",") if listed else ():
                ct = cycles(part.partition("(")[0], self.profile.decimal)
                if ct is not None:
                    return structs.replace(target, ct=ct)
        return target


def _identifier(components: list[str]) -> tuple[str, str, str]:
    """CX: the number, its type (PID-3.5) and the name of who gave it (PID-3.4.1)."""
    value, kind, authority = (
        components[index].strip() if len(components) > index else "" for index in (0, 4, 3)
    )
    return value[:_MAX_ID_CHARACTERS], kind, authority


def _targets(rows: list[Row], layout: Plan) -> list[Target]:
    """The targets of a test, each with its Ct; behind them each Ct that belongs to none."""
    found: list[Target] = []
    for place, of_ct in layout.targets:
        _, shape, _, value = rows[place]
        found.append(target_of(shape.name, value, rows[of_ct].ct if of_ct >= 0 else None))
    for place in layout.alone:
        _, shape, ct, value = rows[place]
        found.append(target_of(shape.name, value, ct))
    return found


def _primary(results: list[Row], test: CodedName) -> Row | None:
    """The row whose code is the test's own; of several the first that says something."""
    own = [row for row in results if row.shape.name.code == test.code]
    return next((row for row in own if row.value.call != "UNMAPPED"), own[0] if own else None)


def _call(primary: Row | None, results: list[Row]) -> Call:
    if primary is not None and primary.value.call != "UNMAPPED":
        return primary.value.call
    return calls.overall(row.value.call for row in results)
