"""Alarms: incidents with their ledger, and what people do about them; each action is an entry of it."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Response

from api.access import Identity, role
from api.alarm_bodies import (
    AlarmQuery,
    AssignBody,
    CheckBody,
    CommentBody,
    DispositionBody,
    NoteBody,
    ShelveBody,
    TakeOutBody,
)
from api.alarm_entries import entry_told
from api.answers import item, listing, page
from api.deck import Deck, OfDeck
from api.problems import Problem, hub_elsewhere, not_found
from api.queries import PageQuery
from api.schemas import Item, ItemList, documented
from storage.contract import BadCursor, Row
from storage.incidents import IncidentFilter

router = APIRouter(tags=["alarms"])
OF_LEDGER = True
AT_EDGE = "ack"  # what the hub hears of; everything else people do there
MINUTE_MS = 60_000
Alarm = Annotated[str, Path(max_length=64, description="Id as the list gives it.")]
DeviceName = Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,64}$", description="Id of the device.")]
Operator = Annotated[Identity, role("operator")]
_CURSOR = re.compile(r"[0-9]{1,18}\Z")
_EXAMPLE = {
    "id": "019ab3c4-5d60-8a11-9f2e-6b7c8d9e0f11",
    "type": "alarm.v1",
    "site": "kho-vac-xin",
    "device": "tu-lanh-07",
    "time": "2026-11-22T05:20:00.000Z",
    "received": "2026-11-22T06:20:00.412Z",
    "kind": "HEAT",
    "metric": "temp.vaccine",
    "version": "fridge@1",
    "severity": "warning",
    "state": "UNACK",
    "raised": "2026-11-22T06:20:00.000Z",
    "cleared": None,
    "worst": 9.125,
    "inferred": False,
    "retro": False,
    "latch": False,
    "acknowledged": False,
    "withdrawn": False,
    "merged_into": None,
    "shelved_until": None,
    "suppressed_by": None,
    "assigned_to": None,
    "disposition": None,
    "entry": 411,
}
ACTED = documented(Item, 404, 409, 422, example=_EXAMPLE)


@router.get(
    "/alarms", dependencies=[role("reporter")], responses=documented(ItemList, 400, 422, example=_EXAMPLE)
)
async def alarms(deck: OfDeck, wanted: Annotated[AlarmQuery, Query()]) -> Response:
    """Incidents as they stand, those opened last first."""
    narrowed = IncidentFilter(wanted.state, wanted.site, wanted.device, wanted.explained_by)
    return page(await deck.ledger.incidents(narrowed, limit=wanted.limit, cursor=wanted.cursor))


@router.get(
    "/alarms/{alarm}", dependencies=[role("reporter")], responses=documented(Item, 404, example=_EXAMPLE)
)
async def alarm(deck: OfDeck, alarm: Alarm) -> Response:
    """One incident as it stands; of one that was merged, which one it is an alias of."""
    return item(await _row(deck, alarm))


@router.get("/alarms/{alarm}/entries", responses=documented(ItemList, 400, 404, 422))
async def entries(
    deck: OfDeck,
    alarm: Alarm,
    wanted: Annotated[PageQuery, Query()],
    who: Annotated[Identity, role("reporter")],
) -> Response:
    """Its part of the ledger, oldest first; people's own words for operators only."""
    if wanted.cursor is not None and not _CURSOR.match(wanted.cursor):
        raise BadCursor("cursor.malformed")
    found = await _row(deck, alarm)
    after = int(wanted.cursor or 0)
    rows = await deck.ledger.incident_entries(after, limit=wanted.limit, incident_id=alarm)
    items = [entry_told(row, found, words=who.may("operator")) for row in rows]
    return listing(items, str(rows[-1].number) if len(rows) == wanted.limit else None)


@router.post("/alarms/{alarm}/ack", responses=ACTED)
async def ack(
    deck: OfDeck, alarm: Alarm, who: Operator, body: Annotated[NoteBody | None, Body()] = None
) -> Response:
    """Somebody has seen it and looks after it."""
    return await _act(deck, alarm, "ack", who, body.note if body else "")


@router.post("/alarms/{alarm}/shelve", responses=ACTED)
async def shelve(deck: OfDeck, alarm: Alarm, body: ShelveBody, who: Operator) -> Response:
    """Put away for some minutes, with a reason; it comes back by itself."""
    until_ms = deck.now_ms() + body.minutes * MINUTE_MS
    return await _act(deck, alarm, "shelve", who, body.reason, until_ms=until_ms)


@router.post("/alarms/{alarm}/unshelve", responses=ACTED)
async def unshelve(
    deck: OfDeck, alarm: Alarm, who: Operator, body: Annotated[NoteBody | None, Body()] = None
) -> Response:
    """Take it from the shelf before its time."""
    return await _act(deck, alarm, "unshelve", who, body.note if body else "")


@router.post("/alarms/{alarm}/comment", responses=ACTED)
async def comment(deck: OfDeck, alarm: Alarm, body: CommentBody, who: Operator) -> Response:
    """Words for the ledger; they never leave it."""
    return await _act(deck, alarm, "comment", who, body.text)


@router.post("/alarms/{alarm}/assign", responses=ACTED)
async def assign(deck: OfDeck, alarm: Alarm, body: AssignBody, who: Operator) -> Response:
    """Who looks after it, by id."""
    return await _act(deck, alarm, "assign", who, body.note, to=body.to)


@router.post("/alarms/{alarm}/disposition", responses=ACTED)
async def disposition(deck: OfDeck, alarm: Alarm, body: DispositionBody, who: Operator) -> Response:
    """What becomes of the vaccine: a person with a key of their own answers for it."""
    if who.local:
        raise Problem(403, "person.unnamed", "A disposition needs a key: somebody must answer for it.")
    return await _act(deck, alarm, "disposition", who, body.note, decision=body.disposition)


@router.post("/devices/{device}/check", responses=documented(Item, 404, 409, 422))
async def check(deck: OfDeck, device: DeviceName, body: CheckBody, who: Operator) -> Response:
    """The twice-daily look at a device: that somebody was there, and what they saw."""
    return await _act_on_device(deck, device, "check", who, body.note, round=body.round)


@router.post("/devices/{device}/take-out", responses=documented(Item, 404, 409, 422))
async def take_out(deck: OfDeck, device: DeviceName, body: TakeOutBody, who: Operator) -> Response:
    """Out of service, for some minutes or until it is put back: nobody is woken by its incidents."""
    until_ms = deck.now_ms() + body.minutes * MINUTE_MS if body.minutes else None
    return await _act_on_device(deck, device, "take_out", who, body.reason, until_ms=until_ms)


@router.post("/devices/{device}/put-back", responses=documented(Item, 404, 409, 422))
async def put_back(
    deck: OfDeck, device: DeviceName, who: Operator, body: Annotated[NoteBody | None, Body()] = None
) -> Response:
    """In service again."""
    return await _act_on_device(deck, device, "put_back", who, body.note if body else "")


async def _row(deck: Deck, alarm: str) -> Row:
    """Raises Problem 404."""
    found = await deck.ledger.incident(alarm)
    if found is None:
        raise not_found("alarm")
    return found


async def _act(deck: Deck, alarm: str, action: str, who: Identity, note: str, **details: Any) -> Response:
    await _row(deck, alarm)
    if deck.store is None and action != AT_EDGE:
        raise hub_elsewhere()
    _entered(await deck.hub.alarm(incident=alarm, action=action, by=who.id, note=note, details=details))
    return item(await _row(deck, alarm))


async def _act_on_device(
    deck: Deck, device: str, action: str, who: Identity, note: str, **details: Any
) -> Response:
    if deck.store is None:
        raise hub_elsewhere()
    found = await deck.inventory.device(device)
    if found is None or not found["site"]:
        raise not_found("device")
    told = await deck.hub.alarm_of_device(
        site=found["site"], device=device, action=action, by=who.id, note=note, details=details
    )
    return item(found | {"entry": _entered(told)})


def _entered(told: dict[str, Any]) -> int:
    """The number of the entry; raises Problem 409."""
    if told.get("outcome") != "done":
        reason = str(told.get("reason", ""))
        raise Problem(409, "alarm.refused", "It was refused; nothing was entered.", reason=reason)
    return int(told["entry"])
