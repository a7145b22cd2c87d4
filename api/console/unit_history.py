"""Reads what a unit's page shows of a span: its temperature reading by reading, lanes, incidents."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from api.console.incident_chart import Span, step_of
from api.console.standing_alarms import AlarmDesk
from api.console.unit_curve import Moment
from api.console.unit_lanes import Stretch
from api.console.wording import ms_of
from api.vaccine_probe import temperatures
from storage.contract import ReadingFilter, Row, StoreReader
from storage.incidents import IncidentFilter, Measured

MOST_READINGS = 20_000  # single ones; a month of one each two minutes
MOST_OF_LANE = 20_000
MOST_INCIDENTS = 500
_PAGE = 1000
_IN_LANES = ("door.", "power.", "alarm.")


@dataclass(frozen=True, slots=True)
class UnitHistory:
    """``single``: readings one by one; otherwise the least and the greatest of each step, which tell neither
    bad nor late ones. ``told``: of the lanes, by metric."""

    metric: str = ""
    moments: tuple[Moment, ...] = ()
    single: bool = True
    told: dict[str, list[Measured]] = field(default_factory=dict)
    incidents: tuple[Row, ...] = ()


async def read_history(
    reader: StoreReader,
    device: str,
    latest: Sequence[Row],
    desk: AlarmDesk,
    span: Span,
    most: int = MOST_READINGS,
) -> UnitHistory:
    """``most``: single readings; of more there are steps. Raises StoreUnavailable."""
    mine = [row for row in latest if row["device"] == device]
    metric = next((str(row["metric"]) for row in temperatures(mine)), "")
    moments = await _moments(reader, device, metric, span, most) if metric else []
    single = moments is not None
    if moments is None:
        moments = await _steps(reader, device, metric, span, desk)
    else:
        moments = [_corrected(each, desk, device, metric) for each in moments]
    told = {
        str(row["metric"]): await reader.history(
            device, str(row["metric"]), from_ms=span[0], to_ms=span[1] + 1, limit=MOST_OF_LANE
        )
        for row in mine
        if str(row["metric"]).startswith(_IN_LANES)
    }
    incidents = await reader.incidents(IncidentFilter(device=device), limit=MOST_INCIDENTS, cursor=None)
    return UnitHistory(metric, tuple(moments), single, told, tuple(incidents.items))


def our_alarms(incidents: Sequence[Row], now_ms: int) -> list[Stretch]:
    """As stretches of a lane, but for those that speak for the unit's own alarms, or that data took away."""
    return [
        Stretch(
            ms_of(row["time"]) or 0,
            now_ms if row["cleared"] is None else ms_of(row["cleared"]) or 0,
            row["severity"],
            str(row["kind"]),
            f"/alarms/{row['id']}",
        )
        for row in incidents
        if not (row["kind"].startswith("DEVICE_") or row["withdrawn"] or row["merged_into"])
    ]


async def _moments(
    reader: StoreReader, device: str, metric: str, span: Span, most: int
) -> list[Moment] | None:
    """None: there are more than ``most``."""
    wanted = ReadingFilter(device, metric, span[0], span[1] + 1)
    found: list[Moment] = []
    cursor: str | None = None
    while len(found) < most:
        page = await reader.readings(wanted, limit=_PAGE, cursor=cursor)
        # When the hub had it: the log knows that for seven days, after that it is when the edge had it.
        arrivals = await reader.arrivals([row["id"] for row in page.items if row["id"]])
        found += [_moment(row, arrivals.get(row["id"] or "", 0)) for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found
    return None


def _moment(row: Row, arrived_ms: int) -> Moment:
    known_ms = max(arrived_ms, ms_of(row["received"]) or 0)
    value = None if row["quality"] == "BAD" else row["value"]
    return Moment(ms_of(row["time"]) or 0, value, str(row["reason"] or ""), known_ms)


async def _steps(reader: StoreReader, device: str, metric: str, span: Span, desk: AlarmDesk) -> list[Moment]:
    step_ms = step_of(span)
    wanted = ReadingFilter(device, metric, span[0], span[1] + 1, step_ms)
    rows = (await reader.readings(wanted, limit=_PAGE, cursor=None)).items
    return [moment for row in desk.corrected(rows) for moment in _ends_of(row, step_ms)]


def _ends_of(row: dict[str, Any], step_ms: int) -> list[Moment]:
    """The least and the greatest of a step, a third and two thirds into it; which came first is not known."""
    time_ms = ms_of(row["time"]) or 0
    at = ((row["min"], time_ms + step_ms // 3), (row["max"], time_ms + step_ms * 2 // 3))
    return [Moment(moment_ms, value, "", moment_ms) for value, moment_ms in at]


def _corrected(moment: Moment, desk: AlarmDesk, device: str, metric: str) -> Moment:
    value = desk.calibrations.corrected(device, metric, moment.time_ms, moment.value)
    return moment if value is None else moment._replace(value=value)
