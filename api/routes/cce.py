"""Stored readings for systems that speak WHO cce-interop: a transfer that they could have been pushed."""

from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import role
from api.answers import answer
from api.cce.transfer import transfer
from api.deck import Deck, OfDeck
from api.problems import Problem
from api.queries import Moment, Name, ReadingSpan
from api.schemas import transferred
from hub.events import format_time
from storage.contract import ReadingFilter, Row

router = APIRouter(tags=["readings"])
MOST_DEVICES = 50
ROWS_A_PAGE = 1000
MOST_READINGS = 20_000  # some 1,500 records of 13 fields, 400 KB


class TransferQuery(BaseModel):
    """Which readings; without ``type`` it is EMS where every record has what that asks for, else RTM."""

    model_config = ConfigDict(extra="forbid")

    device: list[Name] = Field(min_length=1, max_length=MOST_DEVICES, description="May be repeated.")
    from_: Moment | None = Field(None, alias="from", description="Default: 24 h before ``to``.")
    to: Moment | None = Field(None, description="Default: now.")
    type: Literal["ems", "rtm"] | None = None

    def filter(self, now_ms: int) -> ReadingFilter:
        """What to ask the store; raises Problem 422."""
        told = {"device": self.device, "from": self.from_, "to": self.to}
        return ReadingSpan.model_validate(told).filter(now_ms)


@router.get("/cce-interop", dependencies=[role("reporter")], responses=transferred(404, 422))
async def cce_interop(deck: OfDeck, wanted: Annotated[TransferQuery, Query()]) -> Response:
    """A transfer of cce-interop 0.8.1; ``Link: rel=next`` and ``meta.epihub.next`` say where it goes on."""
    narrowed = wanted.filter(deck.now_ms())
    rows, following = await _rows(deck, narrowed)
    source = f"epihub:{deck.settings.hub}"
    told = transfer(rows, wanted.type, source, format_time(deck.now_ms()), following, _equipment(deck))
    if told is None:
        raise Problem(404, "readings.none", "Nothing there that such a transfer can tell.")
    made = answer(told)
    if following:
        made.headers["Link"] = f'<{_link(wanted, narrowed, following)}>; rel="next"'
    return made


def _equipment(deck: Deck) -> dict[str, dict[str, str]]:
    """What the configuration says of each device; a hub apart knows none of it."""
    return {
        device["id"]: {name[4:]: text for name, text in device.items() if name.startswith("cce.")}
        for device in deck.settings.devices
    }


async def _rows(deck: Deck, wanted: ReadingFilter) -> tuple[list[Row], str | None]:
    """At most 20,000 readings, whole instants only, and the time of the first that is not there."""
    rows: list[Row] = []
    cursor: str | None = None
    while len(rows) < MOST_READINGS or rows[0]["time"] == rows[-1]["time"]:
        found = await deck.reader.readings(wanted, limit=ROWS_A_PAGE, cursor=cursor)
        rows += found.items
        cursor = found.next_cursor
        if cursor is None:
            return rows, None
    following = str(rows[-1]["time"])
    return [row for row in rows if row["time"] != following], following


def _link(wanted: TransferQuery, narrowed: ReadingFilter, following: str) -> str:
    asked = [("device", name) for name in wanted.device] + [("from", following)]
    if narrowed.to_ms is not None:
        asked.append(("to", format_time(narrowed.to_ms)))
    if wanted.type:
        asked.append(("type", wanted.type))
    return f"cce-interop?{urlencode(asked)}"
