"""Who looked at or changed what: the rows of the audit, newest first."""

import re
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.access import role
from api.answers import listing
from api.deck import OfDeck
from api.queries import Moment, PageQuery, to_ms
from api.schemas import ItemList, documented
from hub.events import format_time
from storage.audit import AuditFilter, AuditRow
from storage.contract import BadCursor, Row

router = APIRouter(tags=["audit"])
TYPE = "audit"
_CURSOR = re.compile(r"[0-9]{1,18}\Z")
_NEWEST = 2**62
_EXAMPLE = {
    "id": "9f2e6b7c8d9e0f119f2e6b7c8d9e0f11",
    "type": TYPE,
    "site": None,
    "device": None,
    "time": "2026-11-22T06:45:00.000Z",
    "received": None,
    "number": 411,
    "actor": "lan",
    "role": "operator",
    "through": "api",
    "action": "GET /results/{result}",
    "target": "result=019ab3c4-5d60-8a11-9f2e-6b7c8d9e0f31",
    "outcome": "200",
    "peer": "10.1.2.3",
    "hash": "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
}


class AuditQuery(PageQuery):
    """Which rows; ``from`` is inclusive, ``to`` exclusive."""

    actor: str | None = Field(None, min_length=1, max_length=100, description="Id of a key or user.")
    action: str | None = Field(None, min_length=1, max_length=100, examples=["GET /results/{result}"])
    from_: Moment | None = Field(None, alias="from")
    to: Moment | None = None


@router.get(
    "/audit", dependencies=[role("admin")], responses=documented(ItemList, 400, 422, example=_EXAMPLE)
)
async def audit(deck: OfDeck, wanted: Annotated[AuditQuery, Query()]) -> Response:
    """Newest first. ``hash`` chains a row to the one before: ``epihub audit verify`` proves the whole."""
    if wanted.cursor is not None and not _CURSOR.match(wanted.cursor):
        raise BadCursor("cursor.malformed")
    narrowed = AuditFilter(wanted.actor, wanted.action, to_ms(wanted.from_), to_ms(wanted.to))
    before = int(wanted.cursor) if wanted.cursor else _NEWEST
    rows = await deck.reader.audit(narrowed, before, limit=wanted.limit)
    return listing(map(audit_row, rows), str(rows[-1].number) if len(rows) == wanted.limit else None)


def audit_row(row: AuditRow) -> Row:
    """As the API gives it."""
    told = row.note._asdict()
    key, at_ms = told.pop("key"), told.pop("at_ms")
    return {
        "id": key,
        "type": TYPE,
        "time": format_time(at_ms),
        "number": row.number,
        **told,
        "hash": row.hash.hex(),
    }
