"""What may be searched for, and the bundle that answers (R4, search.html and bundle.html)."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field

from api.fhir.records import KINDS, Span
from api.problems import Problem
from api.reports.frame.tabular import day_number
from hub.fhir.resources import AnyResource
from hub.version import epihub_version

FHIR_TYPE = "application/fhir+json"
LONGEST_DAYS = 31
DATED: Final = frozenset({"DiagnosticReport", "Observation", "SupplyDelivery"})
BY_SPECIMEN: Final = frozenset({"DiagnosticReport", "Observation", "Specimen"})
_CURSOR = re.compile(r"([0-9]{1,18})\.([0-9]{1,9})\Z")
RELEASED = "2026-11-23"
DateTerm = Annotated[
    str, Field(pattern=r"^(eq|ge|gt|le|lt)?[0-9]{4}-[0-9]{2}-[0-9]{2}$", examples=["ge2026-11-20"])
]


class FhirQuery(BaseModel):
    """``date``: a day, or ``ge``, ``le`` … before one, repeated; without it the last seven days."""

    model_config = ConfigDict(extra="forbid")

    date: list[DateTerm] = Field([], max_length=4, description="Local days of the observation.")
    specimen: str | None = Field(None, min_length=1, max_length=128, description="Label of the specimen.")
    count: int = Field(50, alias="_count", ge=1, le=200)
    cursor: str | None = Field(None, alias="_cursor", max_length=32, description="Of the bundle's next link.")


def span_of(kind: str, asked: FhirQuery, today: date, last: int) -> tuple[Span, int]:
    """With the offset of the page; raises Problem 400, 422."""
    if asked.specimen is not None and kind not in BY_SPECIMEN:
        raise Problem(422, "fhir.not_searched_by", "This type is not searched by specimen.")
    if asked.date and kind not in DATED:
        raise Problem(422, "fhir.not_searched_by", "This type is not searched by date.")
    up_to, offset = _cursor(asked.cursor, last)
    first, final = _days(asked.date, today, everything=asked.specimen is not None)
    return Span(up_to, day_number(first), day_number(final), asked.specimen), offset


def bundle(
    found: Sequence[AnyResource], asked: FhirQuery, span: Span, offset: int, base: str
) -> dict[str, Any]:
    """A page of the search; ``base``: address of the type."""
    server = base.rpartition("/")[0]
    page = found[offset : offset + asked.count]
    told: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
    following = offset + asked.count
    if following < len(found):
        query = [("date", term) for term in asked.date] + [("_count", str(asked.count))]
        query += [("specimen", asked.specimen)] if asked.specimen else []
        url = f"{base}?{urlencode([*query, ('_cursor', f'{span.up_to}.{following}')])}"
        told["link"] = [{"relation": "next", "url": url}]
    entries = [_entry(one, server) for one in page]
    return told | ({"entry": entries} if entries else {})


def _entry(one: AnyResource, server: str) -> dict[str, Any]:
    url = f"{server}/{type(one).__name__}/{one.id}"
    return {"fullUrl": url, "resource": one, "search": {"mode": "match"}}


def _cursor(told: str | None, last: int) -> tuple[int, int]:
    if told is None:
        return last, 0
    found = _CURSOR.match(told)
    if found is None or int(found[1]) > last:
        raise Problem(400, "cursor.bad", "That is no cursor of this server.")
    return int(found[1]), int(found[2])


def _days(terms: Sequence[str], today: date, *, everything: bool) -> tuple[date, date]:
    if not terms:
        return (date(1970, 1, 2) if everything else today - timedelta(days=6)), today
    first, final = date(1970, 1, 2), today
    for term in terms:
        low, high = _bounds(term)
        first, final = max(first, low), min(final, high)
    if not everything and (final - first).days >= LONGEST_DAYS:
        raise Problem(422, "range.too_long", f"At most {LONGEST_DAYS} days: give date twice, ge and le.")
    return first, final


def _bounds(term: str) -> tuple[date, date]:
    prefix, text = ("eq", term) if term[:1].isdecimal() else (term[:2], term[2:])
    try:
        day, one = date.fromisoformat(text), timedelta(days=1)
        after = {"eq": day, "ge": day, "gt": day + one}.get(prefix, date.min)
        before = {"eq": day, "le": day, "lt": day - one}.get(prefix, date.max)
    except (ValueError, OverflowError) as error:
        raise Problem(
            422, "fhir.bad_date", "date is YYYY-MM-DD, with eq, ge, gt, le or lt before it."
        ) from error
    return after, before


def capability(base: str) -> dict[str, Any]:
    """R4, capabilitystatement.html: what this server does."""
    resources = [_supported(kind) for kind in KINDS]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": RELEASED,
        "kind": "instance",
        "software": {"name": "epihub", "version": epihub_version()},
        "implementation": {"description": "Read-only; ids are of this store", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [{"mode": "server", "resource": resources}],
    }


def _supported(kind: str) -> dict[str, Any]:
    searched = [("date", "date")] * (kind in DATED) + [("specimen", "token")] * (kind in BY_SPECIMEN)
    told: dict[str, Any] = {"type": kind, "interaction": [{"code": "read"}, {"code": "search-type"}]}
    params = [{"name": name, "type": type_} for name, type_ in searched]
    return told | ({"searchParam": params} if params else {})
