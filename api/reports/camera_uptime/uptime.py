"""Uptime of cameras by site and by camera: of the time that is known. What nobody told stands apart.

The log keeps what cameras tell for seven days, the store's tables for thirteen months (design 3): a late
telling changes a day, and makes a new revision; the older one cannot be told again then.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pydantic import Field

from api.local_days import begin_ms
from api.queries import Name
from api.reports.frame.content import Cell, Column, Completeness, Content, Note, Row, Table
from api.reports.frame.tabular import EARLIEST, AsOf, TabularQuery
from api.reports.site_places import SitePlace, places_of_sites, registered_facilities
from hub.events import decode_event
from storage.cameras import CameraDay, CameraDayFilter, Uptime
from storage.contract import CursorGone, LoggedEvent, StoreReader
from storage.reporting import StoredFact

_SECOND_MS, _MINUTE_MS = 1000, 60_000
_LOOK_BACK = (20, 1000)  # numbers of the log: a page has no more events
_FIGURES = (
    Column("uptime", "percent"),
    Column("uptime_without_maintenance", "percent"),
    Column("down_minutes"),
    Column("maintenance_minutes"),
    Column("unknown", "percent"),
    Column("outages"),
    Column("reconnects"),
)


class CameraUptimeQuery(TabularQuery):
    """Which days and which site."""

    from_: date | None = Field(
        None, alias="from", ge=EARLIEST, description="First local day; without it: the day of ``date`` alone."
    )
    site: Name | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """``days``: of each camera from its first telling on, up to ``until_ms``: no more was known yet."""

    days: Sequence[CameraDay]
    until_ms: int
    facilities: Sequence[StoredFact]


async def gather(reader: StoreReader, query: CameraUptimeQuery, as_of: AsOf) -> Watched:
    """Of the whole store, for the log is no site's; cameras at sites that may be seen. Raises TooManyRows."""
    until_ms = min(as_of.cutoff_ms, await _known_until(reader, as_of))
    days = await reader.camera_days(CameraDayFilter(_begins(as_of), until_ms, query.site))
    facilities = await registered_facilities(reader, as_of.up_to, as_of.to_number)
    seen = [day for day in days if as_of.sites is None or day.site in as_of.sites]
    return Watched(seen, until_ms, facilities)


def _begins(as_of: AsOf) -> list[int]:
    """When each day begins, then when the last one ends."""
    first = as_of.from_day or as_of.day
    count = (as_of.day - first).days + 2
    return [begin_ms(first + timedelta(days=number), as_of.zone) for number in range(count)]


async def _known_until(reader: StoreReader, as_of: AsOf) -> int:
    """When the last event up to ``up_to`` came, to the second: a day that goes on is told as far as then."""
    event = await _last_event(reader, as_of.up_to)
    came = {} if event is None else await reader.arrivals([decode_event(event.body).id])
    came_ms = min(came.values(), default=as_of.cutoff_ms)
    return came_ms - came_ms % _SECOND_MS


async def _last_event(reader: StoreReader, up_to: int) -> LoggedEvent | None:
    """Duplicates take numbers, too, and retention leaves gaps: some numbers back there is one."""
    for back in _LOOK_BACK:
        after = max(up_to - back, 0)
        try:
            found = await reader.events(after, limit=back)
        except CursorGone as gone:
            found = await reader.events(gone.first - 1, limit=back)
        if known := [event for event in found if event.number <= up_to]:
            return known[-1]
    return None


def build(watched: Watched, query: CameraUptimeQuery, as_of: AsOf) -> Content:
    """A row a site and a camera that told anything before the end of the last day."""
    places = places_of_sites(watched.facilities, as_of.day)
    days = [day for day in watched.days if _wanted(day, query, places)]
    by_camera = _by_camera(days)
    total = Row("total", (Cell(len(by_camera), "device"), *_cells(_sum(days), len(days))), code="total")
    tables = (
        Table("by_site", (Column("cameras"), *_FIGURES), _sites(days, places), total, additive=False),
        Table("by_camera", (Column("site", "text"), *_FIGURES), _cameras(by_camera, places), additive=False),
    )
    return Content(tables, len(days), _completeness(by_camera), _notes(watched, as_of))


def _wanted(day: CameraDay, query: CameraUptimeQuery, places: Mapping[str, SitePlace]) -> bool:
    return query.district is None or (day.site in places and places[day.site].district == query.district)


def _by_camera(days: Iterable[CameraDay]) -> dict[str, list[CameraDay]]:
    found: dict[str, list[CameraDay]] = {}
    for day in days:
        found.setdefault(day.device, []).append(day)
    return dict(sorted(found.items()))


def _sum(days: Iterable[CameraDay]) -> Uptime:
    return Uptime(*map(sum, zip(Uptime(), *(day.uptime for day in days), strict=True)))


def _sites(days: Sequence[CameraDay], places: Mapping[str, SitePlace]) -> tuple[Row, ...]:
    found: list[Row] = []
    for site in sorted({day.site for day in days}):
        of_site = [day for day in days if day.site == site]
        cameras = len({day.device for day in of_site})
        place = places.get(site, SitePlace(site))
        cells = (Cell(cameras, "device", len(of_site)), *_cells(_sum(of_site), len(of_site)))
        found.append(Row(site, cells, place.name, district=place.district))
    return tuple(found)


def _cameras(
    by_camera: Mapping[str, Sequence[CameraDay]], places: Mapping[str, SitePlace]
) -> tuple[Row, ...]:
    """A camera that moved stands at its last site."""
    found: list[Row] = []
    for device, days in by_camera.items():
        site = max(days).site
        place = places.get(site, SitePlace(site))
        cells = (Cell(place.name), *_cells(_sum(days), len(days)))
        found.append(Row(device, cells, device, district=place.district))
    return tuple(found)


def _cells(uptime: Uptime, events: int) -> tuple[Cell, ...]:
    """In the order of the columns; a share of nothing that is known is not reported."""
    known = uptime.up_ms + uptime.down_ms + uptime.maintenance_ms > 0
    values = (
        _percent(uptime.share),
        _percent(uptime.share_without_maintenance),
        uptime.down_ms // _MINUTE_MS if known else None,
        uptime.maintenance_ms // _MINUTE_MS if known else None,
        _percent(uptime.unknown_share),
        uptime.outages if known else None,
        uptime.reconnects if known else None,
    )
    return tuple(Cell(value, None if value is None else "device", events) for value in values)


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 2)


def _completeness(by_camera: Mapping[str, Sequence[CameraDay]]) -> Completeness:
    """A camera of which nothing at all is known did not report."""
    silent = tuple((name, name) for name, days in by_camera.items() if _sum(days).share is None)
    return Completeness(len(by_camera), len(by_camera) - len(silent), silent)


def _notes(watched: Watched, as_of: AsOf) -> tuple[Note, ...]:
    if watched.until_ms >= as_of.cutoff_ms:
        return ()
    until = datetime.fromtimestamp(watched.until_ms / 1000, as_of.zone)
    return (Note("day_goes_on", (("until", f"{until:%d/%m/%Y %H:%M}"),)),)
