"""From E1394 records, or HL7 in E1381 frames, to lab results: pure, and a result of any bytes.

One fact per specimen (O) and test. Names, comments and operators are never read; specimen, order and
patient number leave as pseudonyms only. Source: ASTM E1394-97 7 (H), 8 (P), 9 (O), 10 (R).
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo

from adapters.lab_analyzers import calls, times
from adapters.lab_analyzers.astm.groups import Group, Grouping, Row, first_filled
from adapters.lab_analyzers.astm.records import Fault, read_header_record, read_records
from adapters.lab_analyzers.er7 import Header, read_header
from adapters.lab_analyzers.hl7_results import Reader
from adapters.lab_analyzers.names import Names
from adapters.lab_analyzers.observations import STATUS, Value, order_status, target_of
from adapters.lab_analyzers.profiles import Place, Profile
from adapters.lab_analyzers.quantities import cycles
from hub.contract import Fact, Frame, Interpretation, MalformedFrame, Pseudonyms, TimeSource
from hub.payloads import Analyzer, Call, Code, LabResult, ResultStatus, Target

_MAX_SENDER_CHARACTERS = 227
_SERIAL = re.compile(r"[A-Za-z0-9._/-]{1,32}", re.ASCII)
_HL7 = re.compile(rb"[\s\x00]*(?=MSH)")
_LEAST_FINAL_FIRST: tuple[ResultStatus, ...] = ("P", "C", "F", "D", "X")


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
        hl7 = _HL7.match(frame.raw)
        if hl7:  # GeneXpert queues ORU messages across a change of protocol
            return self._hl7.interpret(replace(frame, raw=frame.raw[hl7.end() :]), received_ms)
        records = read_records(frame.raw, self.charset)
        if isinstance(records, Fault):
            return _told(frame, [records])
        grouping = Grouping(records, self.profile, self.names)
        facts = tuple(_Writer(self, group, received_ms).fact() for group in grouping.groups)
        problems = grouping.problems
        if not facts and not problems and not grouping.tells_no_result:
            problems = [("astm.no_result", "R")]
        return _told(frame, problems, facts)


def sender_of(raw: bytes) -> tuple[str, str]:
    """H.5, or MSH-3 of HL7 in frames: whole, written with ``^``, and its first component."""
    hl7 = _HL7.match(raw)
    if hl7:
        header = read_header(raw[hl7.end() :])
        if not isinstance(header, Header):
            return "", ""
        whole = header.raw(3)[:_MAX_SENDER_CHARACTERS].decode("latin-1")
        return whole.replace(header.delimiters.component, "^"), header.text(3)
    record = read_header_record(raw)
    parts = record.components(5) if record else [""]
    return "^".join(parts)[:_MAX_SENDER_CHARACTERS], parts[0]


def _told(frame: Frame, problems: Sequence[tuple[str, str]], facts: tuple[Fact, ...] = ()) -> Interpretation:
    return Interpretation(
        facts,
        tuple(MalformedFrame(frame.raw, reason, place, origin=frame.origin) for reason, place in problems),
    )


class _Writer:
    """Writes one group as a fact."""

    def __init__(self, reader: AstmReader, group: Group, received_ms: int) -> None:
        self._reader = reader
        self._layout = reader.profile.records
        self._group = group
        self._received_ms = received_ms
        self._main = next((row for row in group.rows if row.is_whole), group.rows[0])
        self._named = {"H": group.header, "O": group.order, "R": self._main.record}
        if group.patient is not None:
            self._named["P"] = group.patient

    def fact(self) -> Fact:
        pseudonyms, profile = self._reader.pseudonyms, self._reader.profile
        test = self._reader.names.read(self._group.test)
        named = self._text(self._layout.specimen)
        specimen = pseudonyms.label(named, profile.specimen_pattern)
        action = self._group.order.field(12)
        control = action in self._layout.control_actions or profile.names_control(named)
        time_ms, timesource, rejected = self._time()
        targets = self._targets(("time_rejected",) if rejected else ())
        serial, order = self._text(self._layout.serial), self._text(self._layout.order)
        payload = LabResult(
            specimen=specimen,
            test=Code(test.code, test.text, test.loinc),
            call=self._call(targets),
            status=self._status(),
            order=pseudonyms.label(order, profile.order_pattern) if order else None,
            person=None if control else self._person(),
            control=control,
            targets=targets,
            analyzer=Analyzer(profile.model or None, serial if _SERIAL.fullmatch(serial) else None),
        )
        run = self._text(self._layout.run)
        key = f"{specimen}|{test.code}|{pseudonyms.label(run) if run else ''}"
        return Fact(payload, key, time_ms, timesource)

    def _text(self, places: tuple[Place, ...]) -> str:
        return first_filled(places, self._named)

    def _person(self) -> str | None:
        """Nobody of a pool: its specimen is several people's."""
        if "," in self._text(self._layout.specimen):
            return None
        number = self._text(self._layout.patient)
        return self._reader.pseudonyms.patient(self._reader.site, number) if number else None

    def _status(self) -> ResultStatus:
        """R.9 of the test's own row, else the least final of its rows, else O.26."""
        rows = [self._main] if self._main.is_whole else self._group.rows
        present = {STATUS.get(row.record.field(9)) for row in rows}
        found = next((status for status in _LEAST_FINAL_FIRST if status in present), None)
        return found or order_status(self._group.order.field(26))

    def _call(self, targets: tuple[Target, ...]) -> Call:
        """What the row of the test says, also when nobody knows its words: targets never overrule it."""
        if self._main.is_whole:
            return self._main.value.call
        return calls.overall(target.call for target in targets)

    def _targets(self, flags: tuple[str, ...]) -> tuple[Target, ...]:
        """Targets with their Ct; the row of the test itself where it says more, or is all there is."""
        results = [row for row in self._group.rows if not row.part]
        cts = {row.name.code: self._ct(row) for row in self._group.rows if row.part}
        own = [row for row in results if not row.is_whole]
        shown = [row for row in results if not row.is_whole or not own or _says_more(row)]
        known = {row.name.code for row in results}
        alone = [row for row in self._group.rows if row.part and row.name.code not in known]
        return (
            *(target_of(row.name, row.value.flagged(*flags), cts.get(row.name.code)) for row in shown),
            *(
                target_of(row.name, Value(flags=flags), cts[row.name.code])
                for row in alone
                if cts[row.name.code] is not None
            ),
        )

    def _ct(self, row: Row) -> float | None:
        text = row.record.text(4, self._layout.number_component) or row.record.text(4)
        return cycles(text, self._reader.profile.decimal)

    def _time(self) -> tuple[int, TimeSource, bool]:
        """R.13 completed, R.12 started, H.14 message time: the first that can be true."""
        rejected = False
        record, header = self._main.record, self._group.header
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


def _says_more(row: Row) -> bool:
    """A number, a bound or a flag is on the test's own row only."""
    value = row.value
    return value.number is not None or value.comparator is not None or bool(value.flags)
