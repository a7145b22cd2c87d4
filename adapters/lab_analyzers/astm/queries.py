"""What a machine asks for with its Q records: orders of specimens, or of everything; or that it gives up.

Source: ASTM E1394-97 12: Q.3 the ids (patient, then specimen) of the range, Q.13 what is asked: O orders and
demographics, N new ones only, A cancels the last query; C, F, I, M, P, R, S, X ask for results, D for
demographics: of both we have none. GeneXpert writes ``^specimen``, ``patient^specimen``, ALL or nothing.
"""

import re
from dataclasses import dataclass

from adapters.lab_analyzers.astm.order_layout import OrderLayout
from adapters.lab_analyzers.astm.records import Fault, Record, read_header_record, read_records

MAX_ASKED = 100
_QUERY = re.compile(rb"[\r\n][ \t\0]*[Qq][^A-Za-z0-9\s]")  # \s behind [\r\n] would be quadratic
_CANCELS = "A"
_ORDERS = frozenset("ON")
_EVERYTHING = "ALL"
_MAX_ID_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """One specimen that is asked for; ``patient``: the number before it, ``whole``: as it stood in Q.3."""

    specimen: str
    patient: str = ""
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """What one message asks; ``everything``: all that waits. Neither: no orders are asked for.

    Texts are Latin-1, whatever the charset of the machine: so they go back as the bytes that came.
    """

    header: Record
    asked: tuple[Asked, ...] = ()
    everything: bool = False
    cancels: bool = False


def is_query(raw: bytes) -> bool:
    """Whether a message has a Q record."""
    return raw.lstrip(b"\xef\xbb\xbf\0\r\n\t ").startswith(b"H") and _QUERY.search(raw) is not None


def read_query(raw: bytes, layout: OrderLayout) -> Query | None:
    """None for a message without a query, or one whose delimiters nobody can know."""
    header = read_header_record(raw) if is_query(raw) else None
    if header is None:
        return None
    records = read_records(raw, "latin-1")
    if isinstance(records, Fault):
        return Query(header)
    asking = [record for record in records.rest if record.type == "Q"]
    if any(_CANCELS in _wanted(record) for record in asking):
        return Query(records.header, cancels=True)
    asked: dict[str, Asked] = {}
    everything = False
    for record in asking:
        if _asks_for_orders(record):
            for parts, whole in zip(record.repetitions(3), _repeated(record), strict=False):
                found = _specimen(parts, whole, layout)
                if not any(parts) or found.specimen.upper() == _EVERYTHING or parts == [_EVERYTHING]:
                    everything = True
                elif found.specimen:  # else a patient's number alone: of patients nothing is known here
                    asked[found.specimen] = found
    return Query(records.header, tuple(asked.values())[:MAX_ASKED], everything)


def _wanted(record: Record) -> set[str]:
    """Q.13 may repeat: ``O@N`` of GeneXpert, orders, and of them the new ones."""
    return {parts[0].upper() for parts in record.repetitions(13) if parts[0]}


def _asks_for_orders(record: Record) -> bool:
    wanted = _wanted(record)
    return not wanted or bool(wanted & _ORDERS)


def _repeated(record: Record) -> list[str]:
    return record.field(3).split(record.delimiters.repetition)


def _specimen(parts: list[str], whole: str, layout: OrderLayout) -> Asked:
    place = layout.asked_component or (2 if len(parts) > 1 else 1)
    specimen = parts[place - 1] if place <= len(parts) else ""
    patient = parts[0] if len(parts) > 1 and place == 2 else ""
    return Asked(specimen[:_MAX_ID_CHARACTERS], patient[:_MAX_ID_CHARACTERS], whole[:_MAX_ID_CHARACTERS])
