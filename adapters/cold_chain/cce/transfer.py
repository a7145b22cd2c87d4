"""The envelope of a transfer, and its pieces: each small enough for one commit, the same at every resend."""

import json
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from adapters.cold_chain.cce.unpacking import LARGEST_UNPACKED_BYTES, plain
from adapters.cold_chain.decoders.document import parse
from adapters.cold_chain.undecodable import Undecodable

Kind = Literal["ems", "rtm"]
KINDS: tuple[Kind, ...] = ("ems", "rtm")
# The versions whose units we know; a later one may change a unit again, as 0.7.3 did.
KNOWN_SERIES = ((0, 7), (0, 8))
MOST_REPORTS = 1000
LARGEST_HEADER_BYTES = 16 * 1024  # a report without its records; it is repeated in every piece
RECORDS_A_PIECE = 50  # some 700 readings, 20 ms of the event loop
RECORDS_A_SLAB = 2000  # what waits in quarantine is replayed by hand, a slab at a time


class Transfer(NamedTuple):
    """``reports`` as they came: any JSON; ``version`` of the schema, three numbers."""

    kind: Kind
    version: tuple[int, ...]
    said_version: str
    reports: list[Any]


class Report(NamedTuple):
    """One appliance of a transfer: ``header`` is all but its records, ``place`` where it stood."""

    place: str
    header: dict[str, Any]
    records: list[Any]


def read_transfer(payload: bytes) -> Transfer:
    """Raises Undecodable: not JSON, no transfer, or of a version whose units nobody has told us."""
    document = parse(plain(payload), LARGEST_UNPACKED_BYTES)
    if not isinstance(document, dict):
        raise Undecodable("cold.not_an_object")
    meta, reports = document.get("meta"), document.get("data")
    if not isinstance(meta, dict):
        raise Undecodable("cce.no_meta", "meta")
    if not isinstance(reports, list) or not reports:
        raise Undecodable("cce.no_reports", "data")
    if len(reports) > MOST_REPORTS:
        raise Undecodable("cce.too_many_reports", f"over {MOST_REPORTS}")
    said = meta.get("schemaVersion")
    return Transfer(_kind(meta), _version(said), str(said), reports)


def _kind(meta: dict[str, Any]) -> Kind:
    said = meta.get("transferType")
    if said not in KINDS:
        raise Undecodable("cce.transfer_type_unknown", "meta.transferType")
    return "ems" if said == "ems" else "rtm"


def _version(said: Any) -> tuple[int, ...]:
    parts = said.split(".") if isinstance(said, str) and len(said) <= 16 else ()
    if not (len(parts) == 3 and all(part.isdecimal() and part.isascii() for part in parts)):
        raise Undecodable("cce.schema_unknown", "meta.schemaVersion")
    version = tuple(int(part) for part in parts)
    if version[:2] not in KNOWN_SERIES:
        raise Undecodable("cce.schema_unknown", "meta.schemaVersion")
    return version


def read_report(transfer: Transfer, index: int) -> Report:
    """Raises Undecodable for what is no report; its place is in the error."""
    place, said = f"data[{index}]", transfer.reports[index]
    if not isinstance(said, dict):
        raise Undecodable("cce.not_a_report", place)
    records = said.get("records")
    if not isinstance(records, list) or not records:
        raise Undecodable("cce.no_records", f"{place}.records")
    header = {name: value for name, value in said.items() if name != "records"}
    if len(_dump(header)) > LARGEST_HEADER_BYTES:
        raise Undecodable("cce.header_too_large", place)
    return Report(place, header, records)


def pieces(transfer: Transfer, report: Report) -> Iterator[bytes]:
    """``report`` as transfers of at most 50 records, cut at quarters of the device's days.

    A resend of other days cuts the same hours at the same places, so most of its pieces are known.
    What names this one transfer (its id, its time) is not repeated in them.
    """
    for records in _cut(report.records):
        yield piece(transfer, report.header | {"records": records})


def slabs(transfer: Transfer, report: Report) -> Iterator[bytes]:
    """``report`` as transfers of at most 2000 records."""
    for first in range(0, len(report.records), RECORDS_A_SLAB):
        records = report.records[first : first + RECORDS_A_SLAB]
        yield piece(transfer, report.header | {"records": records})


def piece(transfer: Transfer, report: Any) -> bytes:
    """A transfer of this one report."""
    meta = {"schemaVersion": transfer.said_version, "transferType": transfer.kind}
    return _dump({"meta": meta, "data": [report]})


def _cut(records: list[Any]) -> Iterator[list[Any]]:
    """Runs of records of one quarter of a day."""
    run: list[Any] = []
    span: object = None
    for record in records:
        now = _span(record)
        if run and (now != span or len(run) == RECORDS_A_PIECE):
            yield run
            run = []
        span = now
        run.append(record)
    yield run


def _span(record: Any) -> object:
    """The quarter of a UTC day of a record, as its text says it: "2024010316" is in quarter 2."""
    said = record.get("ABST") if isinstance(record, dict) else None
    if not isinstance(said, str) or not said[9:11].isdecimal():
        return None
    return said[:8], int(said[9:11]) // 6


def _dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
