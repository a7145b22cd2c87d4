"""What gates counted by hour or local day: decisions, and who went in and out."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from operator import add
from typing import Annotated, Literal, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import role
from api.answers import listing
from api.deck import OfDeck
from api.local_days import begin_ms
from api.problems import Problem
from api.queries import Name
from api.routes.counts import Day
from api.schemas import ItemList, documented
from hub.events import format_time
from storage.contract import Row, TooManyRows
from storage.gates import COUNTED, DECISIONS, HOUR_MS, GateHour, GateHourFilter, Passages

router = APIRouter(tags=["gates"])

TYPE = "gate.count"
DEFAULT_DAYS = 7
MOST_DAYS = {"hour": 31, "day": 366}
_EXAMPLE = {
    "id": None,
    "type": TYPE,
    "site": "khu-cach-ly-1",
    "device": "cong-chinh",
    "time": "2026-11-21T17:00:00.000Z",
    "received": None,
    "day": "2026-11-22",
    "edge": "edge-1",
    "zone": "khu-a",
    "scans": 412,
    "decisions": dict(zip(DECISIONS, (371, 12, 4, 1, 9, 15, 2), strict=True)),
    "entered": 372,
    "left": 340,
    "inferred": 31,
}


class GateCountQuery(BaseModel):
    """Which counts; days are those of the hub's time zone, ``from`` inclusive, ``to`` exclusive."""

    model_config = ConfigDict(extra="forbid")

    from_: Day | None = Field(None, alias="from", description="Default: 7 days before ``to``.")
    to: Day | None = Field(None, description="Default: tomorrow, so that today is the last day.")
    step: Literal["hour", "day"] = "day"
    site: Name | None = None
    device: Name | None = None
    edge: Name | None = None
    zone: Name | None = None

    def days(self, today: date) -> tuple[date, date]:
        """(from, to); raises Problem 422 for a range that no answer should carry."""
        end = self.to or today + timedelta(days=1)
        start = self.from_ or end - timedelta(days=min(DEFAULT_DAYS, end.toordinal() - 1))
        if start >= end:
            raise Problem(422, "range.empty", "``from`` must be before ``to``.")
        if (end - start).days > MOST_DAYS[self.step]:
            raise Problem(422, "range.too_long", "At most 366 days, by the hour 31.")
        return start, end


class Gate(NamedTuple):
    """What an item counts, and when it begins."""

    start_ms: int
    site: str
    edge: str
    zone: str
    device: str


@router.get(
    "/gates/counts", dependencies=[role("reporter")], responses=documented(ItemList, 422, example=_EXAMPLE)
)
async def counts(deck: OfDeck, wanted: Annotated[GateCountQuery, Query()]) -> Response:
    """One item for each gate and day (or hour) in which something was counted, by the time it happened."""
    zone = ZoneInfo(deck.settings.timezone)
    start, end = wanted.days(datetime.fromtimestamp(deck.now_ms() / 1000, zone).date())
    begin, over = _whole_hour(begin_ms(start, zone)), _whole_hour(begin_ms(end, zone))
    narrowed = GateHourFilter(begin, over, wanted.site, wanted.device, wanted.edge, wanted.zone)
    try:
        rows = await deck.reader.gate_hours(narrowed)
    except TooManyRows as error:
        raise Problem(422, "range.too_long", "Too many counts: ask for fewer days.") from error
    summed = by_hour(rows) if wanted.step == "hour" else by_day(rows, zone)
    return listing(_item(gate, found, zone) for gate, found in sorted(summed.items()))


def by_hour(rows: Iterable[GateHour]) -> dict[Gate, tuple[int, ...]]:
    return {Gate(*row[:5]): row.counts for row in rows}


def by_day(rows: Iterable[GateHour], zone: ZoneInfo) -> dict[Gate, tuple[int, ...]]:
    """A day begins with the UTC hour that holds its midnight: nearly every zone is whole hours off UTC."""
    begins: dict[int, int] = {}
    summed: dict[Gate, tuple[int, ...]] = {}
    for start_ms, site, edge, name, device, found in rows:
        if start_ms not in begins:
            last_ms = (start_ms + HOUR_MS - 1) / 1000
            begins[start_ms] = _whole_hour(begin_ms(datetime.fromtimestamp(last_ms, zone).date(), zone))
        gate = Gate(begins[start_ms], site, edge, name, device)
        known = summed.get(gate)
        summed[gate] = found if known is None else tuple(map(add, known, found))
    return summed


def _whole_hour(at_ms: int) -> int:
    return at_ms - at_ms % HOUR_MS


def _item(gate: Gate, found: tuple[int, ...], zone: ZoneInfo) -> Row:
    named: Mapping[str, int] = dict(zip(COUNTED, found, strict=True))
    went = Passages(*found[len(DECISIONS) :])
    last_ms = (gate.start_ms + HOUR_MS - 1) / 1000
    return {
        "type": TYPE,
        "site": gate.site,
        "device": gate.device,
        "time": format_time(gate.start_ms),
        "day": datetime.fromtimestamp(last_ms, UTC).astimezone(zone).date().isoformat(),
        "edge": gate.edge,
        "zone": gate.zone,
        "scans": sum(found[: len(DECISIONS)]) - named["manual"],
        "decisions": {name: named[name] for name in DECISIONS},
        "entered": went.entered,
        "left": went.left,
        "inferred": went.inferred,
    }
