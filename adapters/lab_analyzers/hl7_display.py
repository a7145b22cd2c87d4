"""Orders in the display messages of HL7 2.3.1: QRY^Q02 asks, QCK^Q02 and DSR^Q03 answer. Pure.

  QCK^Q02   MSH, MSA, ERR, QAK: whether there is something (QAK-2 = OK) or not (NF); at once
  DSR^Q03   MSH, MSA, ERR, QAK, QRD and QRF as they came, DSP, DSC: one specimen; the machine says ACK^Q03
DSP-1 numbers the lines, DSP-3 is a line: 1 to 20 the person (empty: an order names none), 21 bar code, 23
when it was taken, 24 whether it is urgent, 26 what it is, from 29 on a test each,
``code^name^unit^range``. DSC-1 is filled while further specimens follow.
Source: HL7 2.3.1 chapter 2 (2.13, 2.24); the lines as drivers of chemistry analyzers (Mindray BS, BioBase BK
and others that speak the same) write them in public; not from a capture.
"""

from collections.abc import Sequence
from datetime import tzinfo

from adapters.lab_analyzers.acknowledge import Trouble, echo
from adapters.lab_analyzers.hl7_queries import Query
from adapters.lab_analyzers.hl7_writing import Pen, local_time
from adapters.lab_analyzers.order_rules import NamedTest
from hub.contract import Order

CHECKED = "QCK^Q02"
ORDERED = "DSR^Q03"
QUERY_TAG = "SR"
_LAST_OF_SPECIMEN = 28
_KINDS = {"SER": "serum", "PLAS": "plasma", "UR": "urine", "BLD": "whole blood", "CSF": "CSF"}


def checked(pen: Pen, control: bytes, found: str, error: Trouble | None = None) -> list[bytes]:
    """What stands behind MSH: in QCK all there is, in DSR before the rest. ``found``: OK, NF or AE."""
    separator = pen.manner.delimiters.field.encode("ascii")
    code, text = (str(error.code), error.reason) if error else ("0", "Message accepted")
    said = separator.join((b"MSA", b"AE" if error else b"AA", echo(control, separator), text.encode("ascii")))
    return [
        said + separator * 3 + code.encode("ascii"),
        pen.segment("ERR", {1: code}),
        pen.segment("QAK", {1: QUERY_TAG, 2: found}),
    ]


def displayed(
    pen: Pen,
    query: Query,
    specimen: str,
    steps: Sequence[tuple[Order, NamedTest]],
    zone: tzinfo | None,
    kind: str,
    *,
    following: int,
) -> list[bytes]:
    """QRD to DSC of one specimen; ``kind``: how the model wants it called, ``following``: how many follow."""
    lines = dict.fromkeys(range(1, _LAST_OF_SPECIMEN + 1), "")
    order = steps[0][0]
    taken = order.collected_ms
    urgent = any(each.priority == "STAT" for each, _ in steps)
    lines[21] = pen.heard(specimen)
    lines[23] = local_time(taken, zone) if taken is not None else ""
    lines[24] = "Y" if urgent else "N"
    lines[26] = pen.text(kind or _KINDS.get(order.specimen_type, order.specimen_type))
    codes = dict.fromkeys(name.code for _, name in steps)
    behind = pen.manner.delimiters.component * 3
    lines |= {_LAST_OF_SPECIMEN + at: pen.text(code) + behind for at, code in enumerate(codes, 1)}
    return [
        *(line.encode(query.codec, "replace") for line in (query.segment, query.filters) if line),
        *(pen.segment("DSP", {1: str(number), 3: text}) for number, text in lines.items()),
        pen.segment("DSC", {1: str(following) if following else ""}),
    ]
