"""Writes orders as E1394 records: the answer to a query, or a message that nobody asked for.

The delimiters are those of the machine's own header. Of the patient nothing is known here: P is empty but
for the number that the machine itself asked with. L.3 is F where the last query is answered, I where there is
no information, N at any other end; O.26 is Q in an answer to a query, else O.
Source: ASTM E1394-97 7 (H), 8 (P), 9 (O), 13 (L).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from adapters.lab_analyzers.astm.order_layout import OrderLayout
from adapters.lab_analyzers.astm.queries import Asked
from adapters.lab_analyzers.astm.records import Delimiters, Record
from hub.contract import Order

US = "EPIHUB"
STANDARD = Delimiters("|", "\\", "^", "&")
_MAX_NAME_CHARACTERS = 200
_ORDER_FIELDS = 26
_STAMP = "%Y%m%d%H%M%S"


@dataclass(frozen=True, slots=True)
class Heading:
    """Who writes to whom: ``control`` is our name for the message, ``at`` the device's local time."""

    delimiters: Delimiters
    control: str
    at: datetime
    sender: str = US
    receiver: str = ""
    version: str = "1394-97"

    @classmethod
    def answering(cls, header: Record, control: str, at: datetime) -> "Heading":
        """Under the name that the machine gave us (H.10), to the one it gave itself (H.5)."""
        sender, receiver, version = (_printable(header.field(number)) for number in (10, 5, 13))
        return cls(header.delimiters, control, at, sender or US, receiver, version or "1394-97")


@dataclass(slots=True)
class Wanted:
    """Tests of one specimen; ``tests``: as the machine calls them."""

    specimen: str
    tests: list[str] = field(default_factory=list)
    stat: bool = False
    cancelled: bool = False
    descriptor: str = ""
    collected: str = ""
    patient: str = ""
    whole: str = ""  # what O.3 is to be, as the machine wrote it


@dataclass(frozen=True, slots=True)
class Written:
    """A message with ``orders``; ``unknown``: tests that the profile has no word for: they are not in it."""

    records: bytes
    orders: tuple[Order, ...]
    unknown: tuple[str, ...]


class OrderWriter:
    """``code_of``: what the machine calls one of our tests, None where nobody said."""

    def __init__(self, layout: OrderLayout, code_of: Callable[[str], str | None]) -> None:
        self._layout = layout
        self._code_of = code_of

    def answer(self, heading: Heading, found: Sequence[tuple[Asked | None, Order]]) -> Written:
        """``found``: each order with what asked for it, None: everything was asked for."""
        wanted, orders, unknown = self._collect(found, heading)
        lines = self._specimens(heading.delimiters, wanted, heading.at, "Q", self._layout.action)
        return Written(_message(heading, lines, "F" if lines else "I"), orders, unknown)

    def download(self, heading: Heading, given: Sequence[Order]) -> Written:
        """New orders and cancelled ones; ``records`` is empty when nothing of them can be said."""
        wanted, orders, unknown = self._collect([(None, order) for order in given], heading)
        lines = self._specimens(heading.delimiters, wanted, heading.at, "O", "N")
        return Written(_message(heading, lines, "N") if lines else b"", orders, unknown)

    def _collect(
        self, found: Sequence[tuple[Asked | None, Order]], heading: Heading
    ) -> tuple[list[Wanted], tuple[Order, ...], tuple[str, ...]]:
        """Orders of one specimen are one: a machine has one rack place for it."""
        wanted: dict[tuple[str, bool], Wanted] = {}
        orders: list[Order] = []
        unknown: dict[str, None] = {}
        for asked, order in found:
            codes = {test: self._code_of(test) for test in order.tests}
            unknown |= {test: None for test, code in codes.items() if code is None}
            known = [code for code in codes.values() if code]
            if known:
                orders.append(order)
                named = (order.specimen, order.cancelled)
                one = wanted.setdefault(named, self._wanted(asked, order, heading))
                one.tests += [code for code in known if code not in one.tests]
                one.stat = one.stat or order.priority == "STAT"
        return list(wanted.values()), tuple(orders), tuple(unknown)

    def _wanted(self, asked: Asked | None, order: Order, heading: Heading) -> Wanted:
        collected = ""
        if order.collected_ms is not None:
            collected = datetime.fromtimestamp(order.collected_ms // 1000, heading.at.tzinfo).strftime(_STAMP)
        return Wanted(
            asked.specimen if asked else order.specimen.encode().decode("latin-1"),
            whole=asked.whole if asked and self._layout.as_asked else "",
            cancelled=order.cancelled,
            descriptor=self._layout.descriptor or order.specimen_type,
            collected=collected,
            patient=asked.patient if asked else "",
        )

    def _specimens(
        self, marks: Delimiters, wanted: Sequence[Wanted], at: datetime, report: str, action: str
    ) -> list[str]:
        lines: list[str] = []
        for number, one in enumerate(wanted, 1):
            lines.append(self._patient(marks, number, one.patient))
            each = [[test] for test in one.tests] if self._layout.one_test_each else [one.tests]
            for place, tests in enumerate(each, 1):
                lines.append(self._order(marks, place, one, tests, at, report, action))
        return lines

    def _patient(self, marks: Delimiters, number: int, patient: str) -> str:
        fields = ["P", str(number)]
        if patient and self._layout.patient_field > len(fields):
            fields += [""] * (self._layout.patient_field - len(fields))
            fields[-1] = escaped(patient, marks)
        return marks.field.join(fields)

    def _order(
        self,
        marks: Delimiters,
        place: int,
        one: Wanted,
        tests: list[str],
        at: datetime,
        report: str,
        action: str,
    ) -> str:
        fields = [""] * _ORDER_FIELDS
        fields[0], fields[1], fields[5] = "O", str(place), "S" if one.stat else "R"
        fields[2] = _printable(one.whole) or escaped(one.specimen, marks)
        before = marks.component * (self._layout.test_component - 1)
        fields[4] = marks.repetition.join(before + escaped(test, marks) for test in tests)
        fields[6], fields[7] = at.strftime(_STAMP), one.collected
        fields[11] = "C" if one.cancelled else action
        fields[15], fields[25] = escaped(one.descriptor, marks), report
        return marks.field.join(fields)


def _message(heading: Heading, lines: Sequence[str], end: str) -> bytes:
    marks = heading.delimiters
    fields = [""] * 14
    fields[0], fields[1] = "H", "".join(marks[1:])
    fields[2], fields[4], fields[9] = heading.control, heading.sender, heading.receiver
    fields[11:14] = "P", heading.version, heading.at.strftime(_STAMP)
    records = (marks.field.join(fields), *lines, marks.field.join(("L", "1", end)))
    return "".join(f"{record}\r" for record in records).encode("latin-1", "replace")


def _printable(text: str) -> str:
    return "".join(one for one in text[:_MAX_NAME_CHARACTERS] if one.isprintable())


def escaped(text: str, marks: Delimiters) -> str:
    """Delimiters as E1394 5.4.6 writes them; control characters would end a record or a frame: left out."""
    names = {marks.field: "F", marks.component: "S", marks.repetition: "R", marks.escape: "E"}
    return "".join(
        f"{marks.escape}{names[one]}{marks.escape}" if one in names else one
        for one in text
        if one >= " " and one != "\x7f"
    )
