"""What tables of reporting hold, as both dialects read and write it: pure."""

import gc
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec

from hub.identity import id_text
from hub.payloads import LabResult
from storage.admission import LARGEST_INTEGER
from storage.reported_payloads import reader_of
from storage.reporting import MOST_FACTS, Revision, StoredFact, StoredResult

# An index entry of PostgreSQL holds 2704 bytes.
LONGEST_QUERY_BYTES = 2000
LONGEST_REPORT = 64
_REPORT = re.compile(r"[a-z0-9_.-]+\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


class _Body(msgspec.Struct):
    """What is asked of a body that the hub took in as a laboratory result."""

    id: str
    source: str
    site: str
    data: LabResult


_decode_body: Final = msgspec.json.Decoder(_Body).decode


def bounds(from_day: int | None, to_day: int | None) -> tuple[int, int]:
    """Days that any table has, where none are asked for."""
    return (
        -LARGEST_INTEGER if from_day is None else from_day,
        LARGEST_INTEGER if to_day is None else to_day,
    )


@contextmanager
def uncollected() -> Iterator[None]:
    """No garbage is looked for while rows are made that all stay: it took a third of the time.

    Of several threads the last that found it on turns it on again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def stored_facts(type_: str, rows: Iterable[tuple[Any, ...]]) -> list[StoredFact]:
    """Rows (number, id, subject, scope, day, received_ms, versions, data) of one type; raises KeyError."""
    read = reader_of(type_)
    with uncollected():
        return [
            StoredFact(number, id_text(id_), subject, scope, day, received, versions, read(data))
            for number, id_, subject, scope, day, received, versions, data in rows
        ]


def stored_result(row: tuple[Any, ...]) -> StoredResult:
    """A row (number, fact, day, time_ms, received_ms, versions, body)."""
    number, fact, day, time_ms, received_ms, versions, body = row
    told = _decode_body(body)
    device = told.source.rpartition("/")[2]
    return StoredResult(
        number, told.id, fact, told.site, device, time_ms, received_ms, day, versions, told.data
    )


def require(told: Revision) -> None:
    """Raises ValueError for a revision that no table holds."""
    numbers = (told.up_to, told.event_count, told.at_ms)
    if not _REPORT.match(told.report) or len(told.report) > LONGEST_REPORT:
        raise ValueError("revision: no report has this name")
    if "\0" in told.query or len(told.query.encode(errors="replace")) > LONGEST_QUERY_BYTES:
        raise ValueError("revision: the query is too long")
    if not _SHA256.match(told.sha256) or any(not 0 <= number <= LARGEST_INTEGER for number in numbers):
        raise ValueError("revision: what no table holds")


def next_revision(told: Revision, last: Revision | None) -> Revision:
    """The last one where it says the same, else the one that follows it."""
    if last is not None and last.sha256 == told.sha256:
        return last
    return told._replace(revision=1 if last is None else last.revision + 1)


__all__ = ["MOST_FACTS", "bounds", "next_revision", "require", "stored_facts", "stored_result"]
