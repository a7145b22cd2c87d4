"""What the monthly report of a unit tells, read from the store."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from api.calibrated import calibrations_of
from api.deck import Deck
from api.local_days import begin_ms, day_of, end_ms
from api.lots import Lot, clock_row, read_lots
from api.problems import Problem, not_found
from api.queries import Name
from api.reports.cold_chain_monthly.incident_ledger import checks, entries_of, incidents
from api.reports.cold_chain_monthly.month import Month, month_of
from api.reports.report import Facts, ReportQuery
from api.unit_exposures import excursion_row, exposure_row, figures
from api.unit_readings import ColdUnit, UnitReadings
from hub.events import format_time
from hub.exposure.stretches import Stretch
from hub.exposure.unit_exposure import UnitExposure, unit_exposure
from storage.contract import Row, StoreReader
from storage.lots import LotFilter

NAME = "cold-chain-monthly"
VERSION = 1
MOST_LOTS = 500
WINDOW_MS = 86_400_000
_MINUTE_MS = 60_000
_NOT_FIGURES = ("id", "type", "site", "device", "time", "received", "excursions", "gaps", "metric", "profile")
_OF_UNIT = ("low", "high", "hold_seconds", "from", "to")


class MonthlyQuery(ReportQuery):
    """Which unit and which month."""

    device: Name = Field(description="Id of the unit.", examples=["tu-lanh-07"])
    month: Annotated[
        str,
        Field(
            pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$",
            description="YYYY-MM in the hub's time zone.",
            examples=["2026-11"],
        ),
    ]


async def facts(deck: Deck, wanted: MonthlyQuery) -> Facts:
    """Raises Problem 404 for a device that nobody knows, 422 before the first hour of the month is over."""
    zone = ZoneInfo(deck.settings.timezone)
    month = month_of(wanted.month, deck.now_ms(), zone)
    device = await deck.inventory.device(wanted.device)
    if device is None:
        raise not_found("device")
    if month is None:
        raise Problem(422, "range.empty", "A month is told from the end of its first hour on.")
    readings = UnitReadings(deck.reader, deck.inventory)
    unit = await readings.unit(wanted.device)
    held = await readings.held(unit, (month.from_ms, month.to_ms))
    entries = await entries_of(deck.reader, unit.device, month.cutoff_ms)
    return {
        "report": NAME,
        "version": VERSION,
        "hub": deck.settings.hub,
        "unit": _unit(unit, device, deck),
        "period": _period(wanted.month, month, deck),
        **await asyncio.to_thread(_exposed, unit, held, month, zone),
        "incidents": incidents(entries, month),
        "checks": checks(entries, month, zone),
        "lots": await _lots(deck, unit, readings, month),
        "calibrations": await _calibrations(deck.reader, unit, month),
    }


def _unit(unit: ColdUnit, device: Row, deck: Deck) -> Facts:
    sites = {site["id"]: site.get("name") or site["id"] for site in deck.settings.sites}
    return {
        "id": unit.device,
        "site": unit.site or None,
        "site_name": sites.get(unit.site, unit.site) or None,
        "kind": device.get("kind"),
        "profile": unit.profile or None,
        "rules": unit.rules or None,
        "metric": unit.metric,
        "low": unit.allowed.low / 1000,
        "high": unit.allowed.high / 1000,
        "hold_seconds": unit.hold_ms // 1000,
    }


def _period(text: str, month: Month, deck: Deck) -> Facts:
    return {
        "month": text,
        "timezone": deck.settings.timezone,
        "from": format_time(month.from_ms),
        "to": format_time(month.to_ms),
        "cutoff": format_time(month.cutoff_ms),
        "final": month.final,
    }


def _exposed(unit: ColdUnit, held: Sequence[Stretch], month: Month, zone: ZoneInfo) -> Facts:
    whole = unit_exposure(held, (month.from_ms, month.to_ms), unit.allowed)
    told = exposure_row(unit, whole, held, WINDOW_MS)
    left_out = {*_NOT_FIGURES, *_OF_UNIT}
    return {
        "figures": {name: value for name, value in told.items() if name not in left_out}
        | _of_excursions(whole),
        "days": _days(unit, held, month, zone),
        "excursions": [excursion_row(one) for one in whole.excursions],
    }


def _of_excursions(whole: UnitExposure) -> Facts:
    lengths = [one.length_ms for one in whole.excursions]
    return {
        "excursions": len(lengths),
        "longest_excursion_minutes": max(lengths, default=0) // _MINUTE_MS,
        "degree_hours": round(float(sum((one.degree_hours for one in whole.excursions), start=0)), 3),
    }


def _days(unit: ColdUnit, held: Sequence[Stretch], month: Month, zone: ZoneInfo) -> list[Facts]:
    """Each day with its figures, and what nobody saw of it in minutes since its midnight."""
    found: list[Facts] = []
    day, last = day_of(month.from_ms, zone), day_of(month.to_ms - 1, zone)
    while day <= last:
        span = (begin_ms(day, zone), min(end_ms(day, zone), month.to_ms))
        one = unit_exposure(held, span, unit.allowed)
        gaps = [
            [(begin - span[0]) // _MINUTE_MS, -((span[0] - end) // _MINUTE_MS)] for begin, end in one.gaps
        ]
        found.append({"day": day.isoformat(), **figures(one.held, one), "gaps": gaps})
        day += timedelta(days=1)
    return found


async def _lots(deck: Deck, unit: ColdUnit, readings: UnitReadings, month: Month) -> list[Facts]:
    """Lots that were in the unit, with their clocks at the end of what is told."""
    names: list[str] = []
    after = ""
    while len(names) < MOST_LOTS and (
        page := await deck.reader.lots(LotFilter(unit.device), after, limit=100)
    ):
        names += page
        after = page[-1]
    told: list[Facts] = []
    for begin in range(0, len(names), 100):
        for lot in await read_lots(deck.reader, names[begin : begin + 100], month.cutoff_ms):
            told += await _stays(lot, deck, unit, readings, month)
    return told


async def _stays(lot: Lot, deck: Deck, unit: ColdUnit, readings: UnitReadings, month: Month) -> list[Facts]:
    mine = [
        stay
        for stay in lot.stays(month.to_ms)
        if stay.unit == unit.device and (stay.to_ms is None or stay.to_ms > month.from_ms)
    ]
    if not mine:
        return []
    clock = await clock_row(lot, deck, readings, month.to_ms)
    return [
        {
            "id": lot.id,
            "product": lot.product.id,
            "product_name": lot.product.name,
            "expiry": lot.last.expiry,
            "vvm": lot.last.vvm or None,
            "stays": [_stay(stay.from_ms, stay.to_ms) for stay in mine],
            "clock": clock,
        }
    ]


def _stay(from_ms: int, to_ms: int | None) -> Facts:
    return {"from": format_time(from_ms), "to": None if to_ms is None else format_time(to_ms)}


async def _calibrations(reader: StoreReader, unit: ColdUnit, month: Month) -> list[Facts]:
    """Those of the probe that reach into the month."""
    known = await calibrations_of(reader, unit.device)
    return [
        {
            "metric": each.metric,
            "offset": each.offset / 1000,
            "from": format_time(each.from_ms),
            "to": None if each.to_ms is None else format_time(each.to_ms),
            "issued": format_time(each.issued_ms),
            "by": each.by,
        }
        for each in known.issued_of(unit.device)
        if each.metric == unit.metric
        and each.from_ms < month.to_ms
        and (each.to_ms is None or each.to_ms > month.from_ms)
    ]


def file_name(told: dict[str, Any]) -> str:
    """Without its ending: unit, month, and whether more may come."""
    period = told["period"]
    return f"{NAME}-{told['unit']['id']}-{period['month']}{'' if period['final'] else '-provisional'}"
