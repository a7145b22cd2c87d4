"""Host queries: what a machine asks before it measures. Pure, and a result of any bytes.

  QBP^Q11  QPD-1 WOS, WOS_ROCHE, INISEQ …: one specimen, in QPD-3; WOS_ALL: everything that waits
  QBP^Z03  one specimen, in QPD-4; QBP^Z01: everything (GeneXpert)
A query by rack or tray position alone is refused: where a tube stands is known to nobody here.
Source: IHE LAW (PaLM TF-2b 3.27); HL7 2.5.1 chapter 5; GeneXpert LIS protocol specification 301-2002.
"""

from dataclasses import dataclass

from adapters.lab_analyzers.er7 import Fault, Header, Segment, read_header, read_message
from adapters.lab_analyzers.profiles import Profile

ALL = "ALL"
_QUERY_ALL_NAMES = frozenset(("WOS_ALL",))
_QUERY_ALL_TRIGGERS = frozenset(("Z01",))
_WORK_ORDER_STEP = "WOS"
_LAW_PROFILE = "LAB-27"
_MAX_ID_CHARACTERS = 80  # SPM-2.1 is longer nowhere; beyond it nothing fits an order
MAX_QUERY_CHARACTERS = 2_000  # QPD comes back in the answer


@dataclass(frozen=True, slots=True)
class Query:
    """``specimens`` empty: everything that waits. ``law``: the orders come in messages of their own.

    ``codec`` (Python's) read it; ``segment`` and what follows stand as they came, for the answer.
    """

    header: Header
    codec: str
    specimens: tuple[str, ...]
    law: bool
    segment: str
    name: str
    tag: str
    rack: str
    position: str


def is_query(header: Header) -> bool:
    return header.text(9)[:3].upper() == "QBP"


def read_query(raw: bytes, profile: Profile, charset: str = "") -> Query | Fault:
    """The query in ``raw``, or the place where it cannot be understood. Never raises."""
    header = read_header(raw)
    if isinstance(header, Fault):
        return header
    message = read_message(raw, header, charset or profile.charset)
    if isinstance(message, Fault):
        return message
    line = next((line for line in message.lines if line.startswith("QPD" + header.delimiters.field)), None)
    if line is None:
        return Fault("hl7.no_query", "QPD")
    if len(line) > MAX_QUERY_CHARACTERS:
        return Fault("hl7.too_many", "QPD")
    segment = message.segment(line)
    specimens = _specimens(header, segment, profile.orders.specimen_field)
    if isinstance(specimens, Fault):
        return specimens
    names = (segment.field(number) for number in (1, 2, 4, 5))
    name, tag, rack, position = names
    law = _is_law(header, segment, profile)
    if profile.orders.specimen_field in (4, 5):
        rack = position = ""
    return Query(header, message.charset, specimens, law, line, name, tag, rack, position)


def _specimens(header: Header, segment: Segment, number: int) -> tuple[str, ...] | Fault:
    """Each specimen once; none: all. GeneXpert asks for all with QPD-3 = ALL."""
    if segment.text(1).upper() in _QUERY_ALL_NAMES or header.text(9, 2).upper() in _QUERY_ALL_TRIGGERS:
        return ()
    found = list(dict.fromkeys(segment.texts(number)))
    if not found:
        return Fault("hl7.no_specimen", f"QPD-{number}")
    if found == [ALL]:
        return ()
    if any(len(specimen) > _MAX_ID_CHARACTERS for specimen in found):
        return Fault("hl7.no_specimen", f"QPD-{number}")
    return tuple(found)


def _is_law(header: Header, segment: Segment, profile: Profile) -> bool:
    rule = profile.orders.hl7
    if rule in {"law", "answer"}:
        return rule == "law"
    return segment.text(1).upper().startswith(_WORK_ORDER_STEP) or header.text(21).startswith(_LAW_PROFILE)
