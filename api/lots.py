"""Vaccine lots as the API gives them: where each is, and its clock."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from api.deck import Deck
from api.local_days import end_ms
from api.unit_readings import UnitReadings
from hub.events import format_time
from hub.exposure.mean_kinetic_temperature import mean_kinetic_temperature
from hub.exposure.placements import Stay, history_of, place_now, standing, stays, told_thawed, whole_of
from hub.exposure.products import Product, products
from hub.exposure.stretches import Stretch
from hub.exposure.thaw_clock import DAY_MS, LotLife, ThawClock, thaw_clock
from hub.exposure.vial_monitor import VVM_TYPES, life_lost
from storage.contract import Row, StoreReader
from storage.lots import LotFilter, Placement

LOT_TYPE = "vaccine.lot"
PLACEMENT_TYPE = "vaccine.placement"
MOST_OF_UNIT = 200
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Lot:
    """``rows``: all of its own, in the order of entry. ``history``: what stands of it, by time, with that of
    the whole before it became a part."""

    id: str
    rows: Sequence[Placement]
    history: Sequence[Placement]

    @property
    def last(self) -> Placement:
        """The row that was entered last of those that stand; the last one where none does."""
        return max(standing(self.rows) or self.rows, key=lambda row: row.number)

    @property
    def product(self) -> Product:
        """One that is not known any more is taken for a vaccine of the fridge."""
        return products().get(self.last.product) or Product(self.last.product, self.last.product)

    def stays(self, until_ms: int) -> list[Stay]:
        """Stays in units that began before ``until_ms``."""
        return [stay for stay in stays(self.history) if stay.from_ms < until_ms]


async def read_lots(reader: StoreReader, names: Sequence[str], until_ms: int | None = None) -> list[Lot]:
    """Those of ``names`` that are known, in their order; of what was entered before ``until_ms``."""
    wanted = sorted({*names, *map(whole_of, names)})
    rows = [row for row in await reader.placements(wanted) if until_ms is None or row.at_ms < until_ms]
    own = {name: [row for row in rows if row.lot == name] for name in names}
    return [Lot(name, own[name], history_of(name, rows)) for name in names if own[name]]


async def lots_inside(reader: StoreReader, unit: str, now_ms: int) -> list[Lot]:
    """Those that are in a unit now (200 at most)."""
    names: list[str] = []
    after = ""
    while page := await reader.lots(LotFilter(unit), after, limit=1000):
        names += page
        after = page[-1]
    found = [lot for lot in await _in_pages(reader, names) if _unit_now(lot, now_ms) == unit]
    return found[:MOST_OF_UNIT]


async def _in_pages(reader: StoreReader, names: Sequence[str]) -> list[Lot]:
    found: list[Lot] = []
    for begin in range(0, len(names), 400):  # with the wholes of parts: never over 1000 names
        found += await read_lots(reader, names[begin : begin + 400])
    return found


def _unit_now(lot: Lot, now_ms: int) -> str:
    row = place_now(lot.history, now_ms)
    return row.unit if row else ""


def lot_row(lot: Lot, deck: Deck, now_ms: int) -> Row:
    """Where it is and what it is."""
    last, now = lot.last, place_now(lot.history, now_ms)
    unit = now.unit if now else ""
    product = lot.product
    return {
        "id": lot.id,
        "type": LOT_TYPE,
        "site": site_of(deck, unit),
        "device": unit or None,
        "time": format_time(now.from_ms) if now else None,
        "received": format_time(lot.rows[-1].at_ms),
        "product": {"id": product.id, "name": product.name},
        "doses": now.doses if now else None,
        "expiry": last.expiry,
        "vvm": last.vvm or None,
        "state": "in" if unit else "out",
        "reason": (now.reason or None) if now else None,
        "part_of": whole_of(lot.id) if whole_of(lot.id) != lot.id else None,
    }


def placement_row(row: Placement, deck: Deck) -> Row:
    return {
        "id": f"{row.lot}/{row.number}",
        "type": PLACEMENT_TYPE,
        "site": site_of(deck, row.unit),
        "device": row.unit or None,
        "time": format_time(row.from_ms),
        "received": format_time(row.at_ms),
        "number": row.number,
        "product": row.product,
        "doses": row.doses,
        "expiry": row.expiry,
        "vvm": row.vvm or None,
        "thawed": None if row.thawed_ms is None else format_time(row.thawed_ms),
        "reason": row.reason or None,
        "corrects": row.corrects or None,
        "actor": row.actor,
    }


def site_of(deck: Deck, unit: str) -> str | None:
    return next((told["site"] for told in deck.settings.devices if told["id"] == unit), None)


async def life_of(lot: Lot, deck: Deck, readings: UnitReadings, until_ms: int) -> LotLife | None:
    """What its clock is made of at ``until_ms``; None: it was in no unit before."""
    found = lot.stays(until_ms)
    if not found:
        return None
    held: list[Stretch] = []
    for stay in found:
        unit = await readings.unit(stay.unit)
        held += await readings.held(unit, (stay.from_ms, min(stay.to_ms or until_ms, until_ms)))
    ended = found[-1].to_ms
    span = (found[0].from_ms, until_ms if ended is None else min(ended, until_ms))
    zone = ZoneInfo(deck.settings.timezone)
    expires_ms = end_ms(date.fromisoformat(lot.last.expiry), zone)
    return LotLife(lot.product, span, held, expires_ms, told_thawed(lot.history))


async def clock_row(lot: Lot, deck: Deck, readings: UnitReadings, until_ms: int) -> Row | None:
    """Its clock as the API gives it; None where it was in no unit yet."""
    life = await life_of(lot, deck, readings, until_ms)
    if life is None:
        return None
    clock = await asyncio.to_thread(thaw_clock, life)
    return _told(lot, life, clock, until_ms)


def _told(lot: Lot, life: LotLife, clock: ThawClock, until_ms: int) -> Row:
    held = clock.held
    least, greatest, kinetic = held.least, held.greatest, mean_kinetic_temperature(held)
    vvm = next((each for each in VVM_TYPES if each == lot.last.vvm), None)
    return {
        "as_of": format_time(until_ms),
        "from": format_time(life.span[0]),
        "to": format_time(life.span[1]),
        "thawed": None if clock.thawed_ms is None else format_time(clock.thawed_ms),
        "thaw_inferred": clock.inferred,
        "fridge_days": round(clock.fridge_ms / DAY_MS, 3),
        "days_left": _days_left(clock, until_ms),
        "discard_after": format_time(clock.discard_ms),
        "above_minutes": clock.above_ms // _MINUTE_MS,
        "below_minutes": clock.below_ms // _MINUTE_MS,
        "out_minutes": clock.out_ms // _MINUTE_MS,
        "unseen_minutes": clock.unseen_ms // _MINUTE_MS,
        "frozen": None if clock.frozen_ms is None else format_time(clock.frozen_ms),
        "least": None if least is None else least / 1000,
        "greatest": None if greatest is None else greatest / 1000,
        "mean_kinetic": None if kinetic is None else round(kinetic, 2),
        "vvm_life_lost_percent": None if vvm is None else round(life_lost(held, vvm) * 100, 3),
        "flags": list(clock.flags(life.product, until_ms, life.expires_ms)),
    }


def _days_left(clock: ThawClock, at_ms: int) -> int:
    """Whole days until it must be discarded; below 0: that is over."""
    return (clock.discard_ms - at_ms) // DAY_MS
