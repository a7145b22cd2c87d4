"""Laboratory results by day and place, as the store counts them: current versions, controls left out."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from operator import add
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.access import role
from api.answers import listing
from api.deck import OfDeck
from api.problems import Problem
from api.queries import Name
from api.schemas import ItemList, documented
from hub.events import format_time
from storage.contract import LabDay, LabDayFilter, Row, TooManyRows
from storage.lab_days import CALLS

router = APIRouter(tags=["results"])

TYPE = "lab.count"
DEFAULT_DAYS = 30
MOST_DAYS = 366
_EXAMPLE = {
    "id": None,
    "type": TYPE,
    "site": None,
    "device": None,
    "time": "2026-11-21T17:00:00.000Z",
    "received": None,
    "day": "2026-11-22",
    "district": "731",
    "test": None,
    "final": 120,
    "preliminary": 2,
    "withdrawn": 1,
    "calls": dict(zip(CALLS, (14, 101, 3, 2, 0, 0, 0), strict=True)),
}
_DIMENSION = "(day|district|site|test)"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


def _written_as_day(value: object) -> object:
    """Pydantic would take a number for seconds since 1970."""
    if isinstance(value, str) and not _DAY.match(value):
        raise ValueError("a day is YYYY-MM-DD")
    return value


Day = Annotated[date, BeforeValidator(_written_as_day)]


class CountQuery(BaseModel):
    """Which counts; days are those of the hub's time zone, ``from`` inclusive, ``to`` exclusive."""

    model_config = ConfigDict(extra="forbid")

    from_: Day | None = Field(None, alias="from", description="Default: 30 days before ``to``.")
    to: Day | None = Field(None, description="Default: tomorrow, so that today is the last day.")
    district: str | None = Field(None, pattern=r"^[0-9A-Za-z_-]{1,16}$", examples=["731"])
    site: Name | None = None
    test: str | None = Field(None, min_length=1, max_length=64, description="The code of a test.")
    by: str = Field(
        "day,district",
        pattern=f"^{_DIMENSION}(,{_DIMENSION}){{0,3}}$",
        description="What an item is: any of day, district, site and test.",
    )

    def days(self, today: date) -> tuple[date, date]:
        """(from, to); raises Problem 422 for a range that no answer should carry."""
        end = self.to or today + timedelta(days=1)
        start = self.from_ or end - timedelta(days=min(DEFAULT_DAYS, end.toordinal() - 1))
        if start >= end:
            raise Problem(422, "range.empty", "``from`` must be before ``to``.")
        if (end - start).days > MOST_DAYS:
            raise Problem(422, "range.too_long", "Counts: at most 366 days.")
        return start, end


# What an item counts: day, district, site, test; None where ``by`` leaves it out or a site has no district.
Group = tuple[date | None, str | None, str | None, str | None]


class Sums(NamedTuple):
    """``final``: one count for each of CALLS; the other stages have their total only."""

    final: dict[Group, tuple[int, ...]]
    others: dict[tuple[Group, str], int]


@router.get(
    "/results/counts", dependencies=[role("reporter")], responses=documented(ItemList, 422, example=_EXAMPLE)
)
async def counts(deck: OfDeck, wanted: Annotated[CountQuery, Query()]) -> Response:
    """Current results by local day and place; ``calls`` are those of the final ones."""
    zone = ZoneInfo(deck.settings.timezone)
    start, end = wanted.days(datetime.fromtimestamp(deck.now_ms() / 1000, zone).date())
    districts = {site["id"]: site["district"] for site in deck.settings.sites if site.get("district")}
    by = frozenset(wanted.by.split(","))
    places = None if "site" in by else districts
    narrowed = LabDayFilter(start, end, _sites(wanted, districts), places, wanted.test, "test" in by)
    try:
        rows = await deck.reader.lab_days(narrowed)
    except TooManyRows as error:
        raise Problem(422, "range.too_long", "Too many counts: ask for fewer days.") from error
    return listing(_items(summed(rows, by, districts), zone))


def summed(rows: Iterable[LabDay], by: frozenset[str], districts: Mapping[str, str]) -> Sums:
    """``rows`` added up by the dimensions of ``by``; places are sites if ``by`` has them, else districts."""
    by_day, by_district, by_site = "day" in by, "district" in by, "site" in by
    sums = Sums({}, {})
    for day, place, stage, test, found in rows:
        district = districts.get(place or "") if by_site else place
        group = (
            day if by_day else None,
            district if by_district else None,
            place if by_site else None,
            test,
        )
        if stage == "final":
            known = sums.final.get(group)
            sums.final[group] = found if known is None else tuple(map(add, known, found))
        else:
            sums.others[group, stage] = sums.others.get((group, stage), 0) + sum(found)
    return sums


def _sites(wanted: CountQuery, districts: Mapping[str, str]) -> list[str] | None:
    if wanted.district is None:
        return None if wanted.site is None else [wanted.site]
    within = [site for site, district in districts.items() if district == wanted.district]
    return within if wanted.site is None else [site for site in within if site == wanted.site]


def _items(sums: Sums, zone: ZoneInfo) -> list[Row]:
    groups = {*sums.final, *(group for group, _ in sums.others)}
    return [_item(group, sums, zone) for group in sorted(groups, key=_order)]


def _order(group: Group) -> tuple[date, str, str, str]:
    day, district, site, test = group
    return day or date.min, district or "", site or "", test or ""


def _item(group: Group, sums: Sums, zone: ZoneInfo) -> Row:
    day, district, site, test = group
    final = sums.final.get(group, (0,) * len(CALLS))
    return {
        "type": TYPE,
        "site": site,
        "time": None if day is None else _begins(day, zone),
        "day": None if day is None else day.isoformat(),
        "district": district,
        "test": test,
        "final": sum(final),
        "preliminary": sums.others.get((group, "preliminary"), 0),
        "withdrawn": sums.others.get((group, "withdrawn"), 0),
        "calls": dict(zip(CALLS, final, strict=True)),
    }


def _begins(day: date, zone: ZoneInfo) -> str:
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    return format_time(int(midnight.timestamp()) * 1000)
