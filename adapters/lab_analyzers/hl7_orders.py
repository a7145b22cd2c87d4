"""Orders as HL7: the answer to a query, and the messages that hand orders over. Pure.

  law      RSP^K11 says OK and OML^O33 follows: SPM, SAC, {ORC, [TQ1], OBR}, one message a specimen; without
           orders one with SPM-11 = U, SAC and ORC-1 = DC alone
  answer   the orders stand behind QPD in RSP^K11: as above, or {PID, {ORC, OBR, TQ1, SPM}} (GeneXpert)
  display  QCK^Q02 says whether there are any, a DSR^Q03 for each specimen follows (hl7_display)
Each test is a work order step of its own; OBR-2 is the order's number and the machine's code of the test, so
that the step keeps its name while other tests of the order get their results.
Source: IHE LAW (PaLM TF-2b 3.27, 3.28) by its public test assertions; HL7 2.5.1, 4.4.8, 5.4.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

from adapters.lab_analyzers.acknowledge import Trouble, echo, error_segment
from adapters.lab_analyzers.er7 import MAX_SEGMENTS, NULL, Header
from adapters.lab_analyzers.hl7_display import CHECKED, ORDERED, checked, displayed
from adapters.lab_analyzers.hl7_queries import MAX_QUERY_CHARACTERS, Query, is_display_query
from adapters.lab_analyzers.hl7_writing import Manner, Pen, joined, local_time, manner_of
from adapters.lab_analyzers.order_rules import NamedTest
from adapters.lab_analyzers.profiles import Profile
from hub.contract import Order, Pseudonyms

STEP_MARK = "/"  # between the number of an order and the code of a test, in OBR-2
_MESSAGE_PROFILE = b"LAB-28^IHE"
_PRIORITY = {"STAT": "S", "ROUTINE": "R"}
_CONTROL = {False: "NW", True: "CA"}
_PLACE = (10, 11, 13, 14, 15)  # of SAC: carrier, position in it, tray, position in it, location


@dataclass(frozen=True, slots=True)
class OrderMessage:
    """An OML^O33. ``steps``: the order of each OBR-2; without any it says that there is no order.

    Or a DSR^Q03, whose steps nobody names in turn; or an order of the hospital's own system, whose answer
    that one awaits.
    """

    control: bytes
    raw: bytes
    steps: dict[str, Order] = field(default_factory=dict)
    awaited: bool = False

    @property
    def orders(self) -> tuple[Order, ...]:
        return tuple({order.order: order for order in self.steps.values()}.values())


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What could not be written: ``place`` names a test of ours or nothing, never a person."""

    reason: str
    place: str


@dataclass(frozen=True, slots=True)
class Written:
    """``answer`` is the RSP, ``messages`` go behind it; ``answered``: orders that ``answer`` itself holds.

    ``passed``: the answer is the hospital's own system's.
    """

    answer: bytes = b""
    messages: tuple[OrderMessage, ...] = ()
    answered: tuple[Order, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    passed: bool = False


@dataclass(slots=True)
class _Specimen:
    """One specimen with its steps: an order and the machine's name of one of its tests."""

    id: str
    steps: list[tuple[Order, NamedTest]] = field(default_factory=list)


class OrderWriter:
    """Writes for one device; times are those of its clock, ``at`` has its zone."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._rules = profile.orders

    def answer(self, query: Query, found: Sequence[Order], raw: bytes, at: datetime) -> Written:
        """The answer to a query with what is to be measured; ``raw`` is the query, for the message ids."""
        pen = Pen(manner_of(query.header, query.codec))
        specimens, left_out = self._readable(pen, found)
        if query.display:
            return self._displayed(pen, query, specimens, left_out, raw, at)
        if query.law:
            rsp = self._response(pen, query, "OK", raw, at)
            return Written(rsp, tuple(self._behind(pen, query, specimens, raw, at)), (), left_out)
        given = tuple({order.order: order for each in specimens for order, _ in each.steps}.values())
        status = "OK" if given else "NF" if self._rules.no_order == "DC" else self._rules.no_order
        body = self._in_answer(pen, specimens, at)
        return Written(self._response(pen, query, status, raw, at, body), (), given, left_out)

    def _displayed(
        self,
        pen: Pen,
        query: Query,
        specimens: list[_Specimen],
        left_out: tuple[LeftOut, ...],
        raw: bytes,
        at: datetime,
    ) -> Written:
        here = at.replace(tzinfo=None)
        found = checked(pen, query.header.raw(10), "OK" if specimens else "NF")
        messages = []
        for place, each in enumerate(specimens, 1):
            following = len(specimens) - place
            kind = self._rules.specimen_type
            lines = displayed(pen, query, each.id, each.steps, at.tzinfo, kind, following=following)
            control = _control_id(b"D", raw, joined(lines))
            message = joined([pen.header(ORDERED, control, here), *found, *lines])
            steps = {f"{order.order}{STEP_MARK}{name.code}": order for order, name in each.steps}
            messages.append(OrderMessage(control, message, steps))
        return Written(self._checked(pen, found, raw, here), tuple(messages), (), left_out)

    def _checked(self, pen: Pen, found: list[bytes], raw: bytes, at: datetime) -> bytes:
        return joined([pen.header(CHECKED, _control_id(b"C", raw, joined(found)), at), *found])

    def unasked(self, manner: Manner, orders: Sequence[Order], at: datetime) -> Written:
        """New orders and cancelled ones for a machine that did not ask; one message a specimen."""
        pen = Pen(manner)
        specimens, left_out = self._readable(pen, orders)
        seed = at.isoformat().encode("ascii")
        messages = (self._message(pen, each, seed, at) for each in specimens)
        return Written(messages=tuple(messages), left_out=left_out)

    def codes(self, order: Order) -> set[str]:
        """What the machine calls the tests of an order."""
        return {name.code for test in order.tests if (name := self._profile.ordered_as(test))}

    def label(self, pseudonyms: Pseudonyms, specimen: str) -> str:
        """A specimen as orders and results name it."""
        return pseudonyms.label(specimen, self._profile.specimen_pattern)

    def _readable(self, pen: Pen, orders: Sequence[Order]) -> tuple[list[_Specimen], tuple[LeftOut, ...]]:
        """What the machine can be told; a test that nobody named is left out, not guessed."""
        specimens: dict[str, _Specimen] = {}
        left_out: dict[LeftOut, None] = {}
        for order in orders:
            try:
                pen.text(order.specimen), pen.text(order.order), pen.text(order.specimen_type)
            except UnicodeEncodeError:
                left_out[LeftOut("order.charset", "order")] = None
                continue
            for test in order.tests:
                name = self._profile.ordered_as(test)
                if name is None:
                    left_out[LeftOut("order.unknown_test", _named(test))] = None
                elif not _can_write(pen, name):
                    left_out[LeftOut("order.charset", _named(test))] = None
                else:
                    one = specimens.setdefault(order.specimen, _Specimen(order.specimen))
                    one.steps.append((order, name))
        return list(specimens.values()), tuple(left_out)

    def _behind(
        self, pen: Pen, query: Query, specimens: list[_Specimen], raw: bytes, at: datetime
    ) -> Iterator[OrderMessage]:
        """What follows the answer: the steps of each specimen, or that it has none."""
        for each in specimens:
            yield self._message(pen, each, raw, at, query.place if len(query.specimens) == 1 else ())
        known = {each.id for each in specimens}
        for specimen in query.specimens or ([] if specimens else [""]):
            if specimen not in known:
                yield self._no_order(pen, specimen, query.place, raw, at)

    def _message(
        self, pen: Pen, specimen: _Specimen, seed: bytes, at: datetime, place: tuple[str, ...] = ()
    ) -> OrderMessage:
        segments = [self._spm(pen, specimen, 1, at), _sac(pen, specimen.id, place)]
        steps: dict[str, Order] = {}
        for order, name in specimen.steps:
            step = f"{order.order}{STEP_MARK}{name.code}"
            if step not in steps:
                steps[step] = order
                segments += self._step(pen, order, name, step, at)
        return self._framed(pen, segments, steps, seed, at)

    def _no_order(
        self, pen: Pen, specimen: str, place: tuple[str, ...], seed: bytes, at: datetime
    ) -> OrderMessage:
        """Only SPM, SAC and ORC (assertion LAB28-001); "U" in SPM-11 is a specimen of unknown role."""
        unknown = pen.segment("SPM", {1: "1", 11: pen.parts("U", "", "HL70369")})
        ended = pen.segment("ORC", {1: "DC", 9: _local(at)})
        return self._framed(pen, [unknown, _sac(pen, specimen, place), ended], {}, seed, at)

    def _framed(
        self, pen: Pen, segments: list[bytes], steps: dict[str, Order], seed: bytes, at: datetime
    ) -> OrderMessage:
        control = _control_id(b"O", seed, joined(segments))
        component = pen.manner.delimiters.component.encode("ascii")
        profile = _MESSAGE_PROFILE.replace(b"^", component) if pen.manner.has_profiles else b""
        header = pen.header("OML^O33^OML_O33", control, at, b"NE|AL", profile)
        return OrderMessage(control, joined([header, *segments]), steps)

    def _step(self, pen: Pen, order: Order, name: NamedTest, step: str, at: datetime) -> list[bytes]:
        segments = [pen.segment("ORC", {1: _CONTROL[order.cancelled], 9: _local(at)})]
        if self._rules.timing:
            segments.append(pen.segment("TQ1", {9: pen.parts(_PRIORITY[order.priority], "", "HL70485")}))
        return [*segments, pen.segment("OBR", {2: pen.text(step), 4: pen.parts(*name)})]

    def _spm(self, pen: Pen, specimen: _Specimen, number: int, at: datetime) -> bytes:
        order = specimen.steps[0][0]
        kind = self._rules.specimen_type or order.specimen_type
        fields = {
            1: str(number),
            2: self._specimen_id(pen, specimen.id),
            4: pen.parts(kind, "", "HL70487") if kind else "",
            11: pen.parts("P", "", "HL70369"),
        }
        if order.collected_ms is not None:
            fields[17] = _taken(order.collected_ms, at)
        return pen.segment("SPM", fields)

    def _specimen_id(self, pen: Pen, specimen: str) -> str:
        space = self._rules.specimen_namespace
        return pen.text(specimen) + (pen.manner.delimiters.subcomponent + space if space else "")

    def _in_answer(self, pen: Pen, specimens: list[_Specimen], at: datetime) -> list[bytes]:
        segments: list[bytes] = []
        for number, each in enumerate(specimens, 1):
            if self._rules.specimen_last:
                segments += self._specimen_last(pen, each, number, at)
                continue
            segments += [self._spm(pen, each, number, at), _sac(pen, each.id, ())]
            for order, name in each.steps:
                segments += self._step(pen, order, name, f"{order.order}{STEP_MARK}{name.code}", at)
        return segments

    def _specimen_last(self, pen: Pen, specimen: _Specimen, patient: int, at: datetime) -> list[bytes]:
        """GeneXpert: a PID for each specimen, since nothing says that two are one person's."""
        segments = [pen.segment("PID", {1: str(patient)})]
        kind = self._rules.specimen_type
        for number, (order, name) in enumerate(specimen.steps, 1):
            segments += [
                pen.segment("ORC", {1: _CONTROL[order.cancelled], 2: str(number), 9: _local(at)}),
                pen.segment("OBR", {1: str(number), 4: pen.text(name.code), 11: "A"}),
                pen.segment("TQ1", {9: _PRIORITY[order.priority]}),
                pen.segment(
                    "SPM",
                    {
                        1: str(number),
                        2: self._specimen_id(pen, specimen.id),
                        4: pen.text(kind or order.specimen_type),
                        11: "P",
                    },
                ),
            ]
        return segments

    def _response(
        self, pen: Pen, query: Query, status: str, raw: bytes, at: datetime, body: Sequence[bytes] = ()
    ) -> bytes:
        header = self._answer_header(pen, query.header, raw, at, status)
        segments = [
            header,
            _msa(query.header, "AA"),
            pen.segment("QAK", {1: query.tag, 2: status, 3: query.name}),
            query.segment.encode(query.codec, "replace"),
        ]
        return joined([*segments, *body])

    def _answer_header(self, pen: Pen, header: Header, raw: bytes, at: datetime, status: str) -> bytes:
        control = _control_id(b"R", raw, status.encode("ascii"))
        return pen.header(self._rules.answer_type, control, at, b"", header.raw(21).strip()[:64])

    def refusal(self, header: Header, raw: bytes, error: Trouble, at: datetime) -> bytes:
        """AE with the place: the query cannot be understood, or could not be kept."""
        pen = Pen(manner_of(header, "latin-1"))
        if is_display_query(header):
            told = checked(pen, header.raw(10), "AE", error)
            return self._checked(pen, told, raw, at.replace(tzinfo=None))
        asked = _asked(raw, header)
        name, tag = [*asked.split(header.delimiters.field, 3), "", "", ""][1:3]
        segments = [
            self._answer_header(pen, header, raw, at, "AE"),
            _msa(header, "AE"),
            error_segment(error, header.delimiters, pen.manner.version),
            pen.segment("QAK", {1: tag, 2: "AE", 3: name}),
        ]
        return joined([*segments, asked.encode("latin-1")] if asked else segments)


def _named(test: str) -> str:
    """A test as a place: our own codes are short and plain, anything else is not repeated."""
    return f"test {test}" if test.isascii() and test.isprintable() and len(test) <= 32 else "test"


def _can_write(pen: Pen, name: NamedTest) -> bool:
    try:
        pen.parts(*name)
    except UnicodeEncodeError:
        return False
    return True


def _sac(pen: Pen, specimen: str, place: tuple[str, ...]) -> bytes:
    """SAC-10 to SAC-15 are the place that the machine asked from, as it wrote it."""
    fields = {3: pen.heard(specimen) if specimen else NULL}
    asked = zip(_PLACE, place, strict=False)
    return pen.segment("SAC", fields | {number: text for number, text in asked if text})


def _msa(header: Header, code: str) -> bytes:
    separator = header.delimiters.field.encode("ascii")
    return separator.join((b"MSA", code.encode("ascii"), echo(header.raw(10), separator)))


def _asked(raw: bytes, header: Header) -> str:
    """QPD as it came, bytes as Latin-1: the machine knows its query by it. Empty where there is none."""
    begin = b"QPD" + header.delimiters.field.encode("ascii")
    for line in raw.replace(b"\n", b"\r").split(b"\r", MAX_SEGMENTS):
        if line.startswith(begin):
            return line.decode("latin-1") if len(line) <= MAX_QUERY_CHARACTERS else ""
    return ""


def _control_id(kind: bytes, *parts: bytes) -> bytes:
    """MSH-10 of ours, 19 characters (ST(20) before HL7 2.7): the same message has the same."""
    digest = blake2b(digest_size=9)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return kind + digest.hexdigest().encode("ascii")


def _local(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S")


def _taken(collected_ms: int, at: datetime) -> str:
    """When the specimen was taken, in the zone of ``at``."""
    return local_time(collected_ms, at.tzinfo) + at.strftime("%z")
