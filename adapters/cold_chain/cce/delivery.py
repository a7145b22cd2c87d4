"""A transfer taken apart: what is committed together, and whose it is."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from adapters.cold_chain.cce.appliance import Identity, is_of
from adapters.cold_chain.cce.transfer import (
    RECORDS_A_PIECE,
    Report,
    Transfer,
    piece,
    pieces,
    read_report,
    slabs,
)
from adapters.cold_chain.undecodable import Undecodable

# What tells appliances of one transfer apart when nobody has configured it.
_IDENTITY = ("AMID", "ASER", "AID", "ESER", "LSER")


class Part(NamedTuple):
    """A transfer of one report, or a piece of it.

    ``owner``: index of its device; None: nobody's, ``reason`` says why.
    """

    raw: bytes
    owner: int | None
    header: Mapping[str, Any]
    reason: str = ""
    place: str = ""


def parts(payload: bytes, transfer: Transfer, matches: Sequence[Mapping[Identity, str]]) -> Iterator[Part]:
    """``transfer``, read from ``payload``; ``matches``: what each device on the route asks of a report."""
    alone = _is_of_one(transfer)
    for index, said in enumerate(transfer.reports):
        try:
            report = read_report(transfer, index)
        except Undecodable as error:
            yield Part(piece(transfer, said), None, {}, error.reason, error.place)
            continue
        owners = [
            owner for owner, match in enumerate(matches) if is_of(report.header, match) and (match or alone)
        ]
        if len(owners) != 1:
            reason = "cce.appliance_of_several" if owners else "cce.appliance_unknown"
            yield from (Part(raw, None, {}, reason, report.place) for raw in slabs(transfer, report))
        else:
            yield from _owned(payload, transfer, report, owners[0])


def _owned(payload: bytes, transfer: Transfer, report: Report, owner: int) -> Iterator[Part]:
    """What is small enough stays as it came, byte by byte."""
    if len(transfer.reports) == 1 and len(report.records) <= RECORDS_A_PIECE:
        yield Part(payload, owner, report.header)
    else:
        yield from (Part(raw, owner, report.header) for raw in pieces(transfer, report))


def _is_of_one(transfer: Transfer) -> bool:
    """Whether all reports are of one appliance, as far as they say."""
    reports = (report for report in transfer.reports if isinstance(report, dict))
    return len({repr([report.get(name) for name in _IDENTITY]) for report in reports}) <= 1
