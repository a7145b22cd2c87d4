"""What a machine says that it will not measure. Pure, and a result of any bytes.

  O.26 = X without results behind it     the order cannot be done, or was cancelled at the machine
  R.9 = X without a value, in all its R  the test cannot be done, the request is cancelled
  L.3 = T, R, E, Q                       the session ended with an error; it says nothing of an order
O.26 = I (pending) says that an order was taken; Y and Z answer queries of a host, and we ask no machine.
Source: ASTM E1394-97 9.4.26, 10.1.9, 13.1.3.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from adapters.lab_analyzers.astm.groups import at, first_filled
from adapters.lab_analyzers.astm.records import (
    Delimiters,
    Fault,
    Record,
    Records,
    read_header_record,
    read_records,
)
from adapters.lab_analyzers.profiles import Profile

MAX_REFUSALS = 100
_CANNOT_BE_DONE = "X"
_EVERY_TEST = "ALL"
_ERRORS = frozenset("TREQ")


class Refusal(NamedTuple):
    """One O: ``tests`` as the machine calls them, none: all of the specimen.

    ``bare``: no result came with it.
    """

    specimen: str
    tests: frozenset[str]
    place: str
    bare: bool


def read_refusals(raw: bytes, profile: Profile, charset: str = "") -> tuple[Refusal, ...]:
    """Never raises; nearly all messages end with a look at their bytes."""
    header = read_header_record(raw) if _may_refuse(raw) else None
    if header is None or not _pattern(header.delimiters).search(raw):
        return ()
    records = read_records(raw, charset or profile.charset)
    if isinstance(records, Fault):
        return ()
    found = [refusal for order, rows in _orders(records) if (refusal := _refusal(order, rows, profile))]
    return tuple(found[:MAX_REFUSALS])


def ends_with_error(raw: bytes) -> bool:
    """Whether the sender says with L.3 that something went wrong."""
    records = read_records(raw, "latin-1")
    if isinstance(records, Fault):
        return False
    return any(record.type == "L" and record.field(3).upper() in _ERRORS for record in records.rest)


def _may_refuse(raw: bytes) -> bool:
    """Whether a field begins with X: hardly a result has one, and nothing else costs as little to ask."""
    begin = raw.find(b"H") + 1
    mark = raw[begin : begin + 1]
    return mark + b"X" in raw or mark + b"x" in raw


@lru_cache(64)
def _pattern(marks: Delimiters) -> re.Pattern[bytes]:
    """An O whose field 26, or an R without value whose field 9, is X."""
    mark, component = (re.escape(each.encode("ascii")) for each in (marks.field, marks.component))
    other = b"[^%b\\r\\n]*" % mark
    order = b"[Oo](?:%b%b){24}%b" % (mark, other, mark)
    result = b"[Rr](?:%b%b){2}%b[ %b]*(?:%b%b){4}%b" % (mark, other, mark, component, mark, other, mark)
    return re.compile(b"[\\r\\n][ \\t\\0]*(?:%b|%b)[Xx]" % (order, result))


def _orders(records: Records) -> list[tuple[Record, list[Record]]]:
    """Each O with its R."""
    found: list[tuple[Record, list[Record]]] = []
    for record in records.rest:
        match record.type:
            case "O":
                found.append((record, []))
            case "R" if found:
                found[-1][1].append(record)
    return found


def _refusal(order: Record, rows: list[Record], profile: Profile) -> Refusal | None:
    refused = [row for row in rows if row.field(9).upper() == _CANNOT_BE_DONE and not any(row.components(4))]
    if len(refused) < len(rows) or not (rows or order.field(26).upper() == _CANNOT_BE_DONE):
        return None
    specimen = first_filled(profile.records.specimen, {"O": order})
    if not specimen:
        return None
    tests = {code for parts in order.repetitions(5) for code in _codes(parts, profile)}
    tests |= {at(row.components(3), profile.records.test_component) for row in rows}
    return Refusal(specimen, frozenset(tests - {"", _EVERY_TEST}), order.place, not rows)


def _codes(parts: list[str], profile: Profile) -> tuple[str, ...]:
    """As we order it, else what it is called first."""
    ours = at(parts, profile.records.orders.test_component)
    return (ours,) if ours else tuple(part for part in parts if part)[:1]
