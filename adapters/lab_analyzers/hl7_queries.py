"""Host queries: what a machine asks before it measures. Pure, and a result of any bytes.

  QBP^Q11  QPD-1 WOS, WOS_ROCHE, INISEQ …: one specimen, in QPD-3; WOS_ALL: everything that waits;
           QPD-4 to QPD-8 alone: what stands in a place of a rack or tray
  QBP^Z03  one specimen, in QPD-4; QBP^Z01: everything (GeneXpert)
  QRY^Q02  one specimen, in QRD-8; empty: everything (HL7 2.3.1)
Where a tube stands is known to nobody here: a query by place alone is for the hospital's own system, or told
that there is no order.
Source: IHE LAW (PaLM TF-2b 3.27); HL7 2.5.1 chapter 5; HL7 2.3.1 2.24.4 (QRD), 2.24.5 (QRF); GeneXpert LIS
protocol specification 301-2002.
"""

from dataclasses import dataclass

from adapters.lab_analyzers.er7 import Fault, Header, Message, Segment, read_header, read_message
from adapters.lab_analyzers.profiles import Profile

ALL = "ALL"
_QUERY_ALL_NAMES = frozenset(("WOS_ALL",))
_QUERY_ALL_TRIGGERS = frozenset(("Z01",))
_WORK_ORDER_STEP = "WOS"
_LAW_PROFILE = "LAB-27"
_DISPLAY_QUERY = "QRY"
_DISPLAY_TRIGGER = "Q02"
_DISPLAYED_SPECIMEN = 8
_PLACE = range(4, 9)  # carrier, position in it, tray, position in it, location
_MAX_ID_CHARACTERS = 80  # SPM-2.1 is longer nowhere; beyond it nothing fits an order
MAX_QUERY_CHARACTERS = 2_000  # QPD comes back in the answer


@dataclass(frozen=True, slots=True)
class Query:
    """``law``: the orders come in messages of their own. ``display``: in those of HL7 2.3.1.

    ``specimens`` empty and not ``everything``: what stands in ``place`` (carrier, position in it, tray,
    position in it, location). ``codec`` (Python's) read it; ``segment`` and what follows stand as they came,
    for the answer.
    """

    header: Header
    codec: str
    specimens: tuple[str, ...]
    law: bool
    segment: str
    name: str
    tag: str
    place: tuple[str, ...] = ()
    everything: bool = False
    display: bool = False
    filters: str = ""


def is_query(header: Header) -> bool:
    return header.text(9)[:3].upper() == "QBP" or is_display_query(header)


def is_display_query(header: Header) -> bool:
    """QRY^Q02; the other queries of HL7 2.3.1 ask for results."""
    return (header.text(9).upper(), header.text(9, 2).upper()) == (_DISPLAY_QUERY, _DISPLAY_TRIGGER)


def read_query(raw: bytes, profile: Profile, charset: str = "") -> Query | Fault:
    """The query in ``raw``, or the place where it cannot be understood. Never raises."""
    header = read_header(raw)
    if isinstance(header, Fault):
        return header
    message = read_message(raw, header, charset or profile.charset)
    if isinstance(message, Fault):
        return message
    display = is_display_query(header)
    line = _line(message, "QRD" if display else "QPD")
    if isinstance(line, Fault):
        return line
    return _displayed(message, header, line) if display else _parameters(message, header, line, profile)


def _line(message: Message, name: str) -> str | Fault:
    begin = name + message.delimiters.field
    line = next((line for line in message.lines if line.startswith(begin)), None)
    if line is None:
        return Fault("hl7.no_query", name)
    return line if len(line) <= MAX_QUERY_CHARACTERS else Fault("hl7.too_many", name)


def _displayed(message: Message, header: Header, line: str) -> Query | Fault:
    """QRF, the time that the machine asks about, narrows nothing: what waits is what is to be measured."""
    found = _ids(message.segment(line).texts(_DISPLAYED_SPECIMEN), f"QRD-{_DISPLAYED_SPECIMEN}")
    if isinstance(found, Fault):
        return found
    filters = _line(message, "QRF")
    return Query(
        header,
        message.charset,
        found,
        law=False,
        segment=line,
        name="",
        tag="",
        everything=not found,
        display=True,
        filters="" if isinstance(filters, Fault) else filters,
    )


def _parameters(message: Message, header: Header, line: str, profile: Profile) -> Query | Fault:
    segment, number = message.segment(line), profile.orders.specimen_field
    everything = _asks_for_all(header, segment)
    found = () if everything else _ids(segment.texts(number), f"QPD-{number}")
    if isinstance(found, Fault):
        return found
    if found == (ALL,):  # so GeneXpert
        found, everything = (), True
    place = tuple(segment.field(at) for at in _PLACE) if number not in _PLACE else ()
    if not (found or everything or any(place)):
        return Fault("hl7.no_specimen", f"QPD-{number}")
    law = _is_law(header, segment, profile)
    name, tag = segment.field(1), segment.field(2)
    return Query(header, message.charset, found, law, line, name, tag, place, everything)


def _asks_for_all(header: Header, segment: Segment) -> bool:
    by_name = segment.text(1).upper() in _QUERY_ALL_NAMES
    return by_name or header.text(9, 2).upper() in _QUERY_ALL_TRIGGERS


def _ids(texts: list[str], place: str) -> tuple[str, ...] | Fault:
    """Each once."""
    found = tuple(dict.fromkeys(texts))
    if any(len(specimen) > _MAX_ID_CHARACTERS for specimen in found):
        return Fault("hl7.no_specimen", place)
    return found


def _is_law(header: Header, segment: Segment, profile: Profile) -> bool:
    rule = profile.orders.hl7
    if rule in {"law", "answer"}:
        return rule == "law"
    return segment.text(1).upper().startswith(_WORK_ORDER_STEP) or header.text(21).startswith(_LAW_PROFILE)
