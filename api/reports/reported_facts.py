"""What was in force on a day: facilities, numbers to compare with, rows that people configured. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import TypeVar

from hub.reported import FacilityRegistered, ReferenceSet, ReportRow, ReportRowsSet
from storage.reporting import StoredFact

EPOCH = date(1970, 1, 1)
P = TypeVar("P")


def number_of(day: date) -> int:
    """Days since 1970-01-01, as StoredFact counts them."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    return EPOCH + timedelta(days=number)


def payloads(facts: Iterable[StoredFact], kind: type[P]) -> list[P]:
    """Those of one type, in their order."""
    return [fact.payload for fact in facts if isinstance(fact.payload, kind)]


def facilities_on(facts: Iterable[StoredFact], day: date, kind: str = "") -> dict[str, FacilityRegistered]:
    """By id, in the order of district, commune and id: what was registered last for that day, if still open.

    ``kind`` empty: any.
    """
    told = day.isoformat()
    last: dict[str, FacilityRegistered] = {}
    for one in payloads(facts, FacilityRegistered):
        before = last.get(one.facility)
        if one.valid_from <= told and (before is None or before.valid_from < one.valid_from):
            last[one.facility] = one
    open_ = [one for one in last.values() if not one.valid_to or told < one.valid_to]
    kept = [one for one in open_ if not kind or one.kind == kind]
    return {one.facility: one for one in sorted(kept, key=_place)}


def _place(one: FacilityRegistered) -> tuple[str, str, str]:
    return one.district, one.commune, one.facility


def reference_on(
    facts: Iterable[StoredFact], name: str, day: date, scope: str = ""
) -> tuple[ReferenceSet, StoredFact] | None:
    """The number set last for that day with its fact; None: nobody set one."""
    told = day.isoformat()
    found = [
        (fact.payload, fact)
        for fact in facts
        if isinstance(fact.payload, ReferenceSet)
        and (fact.payload.name, fact.payload.scope) == (name, scope)
        and fact.payload.valid_from <= told
    ]
    return max(found, key=lambda each: each[0].valid_from, default=None)


def rows_on(facts: Iterable[StoredFact], report: str, day: date, known: Sequence[str]) -> list[ReportRow]:
    """Rows that people configured for a report, but none with a code that is ``known`` without them."""
    told = day.isoformat()
    sets = [one for one in payloads(facts, ReportRowsSet) if one.report == report and one.valid_from <= told]
    last = max(sets, key=lambda one: one.valid_from, default=None)
    found: dict[str, ReportRow] = {}
    for row in last.rows if last else ():
        if row.code not in known:
            found.setdefault(row.code, row)
    return list(found.values())
