"""Readings of cold-chain units as what was held: of the vaccines' probe, calibrated, for the rules' hold."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from api.calibrated import calibrations_of
from api.inventory import Inventory
from api.problems import Problem
from api.vaccine_probe import VACCINES, temperatures
from hub.alarms.readings import Calibration, Reading, thousandths
from hub.alarms.rules import Condition, InForce
from hub.alarms.settings_in_force import Settings
from hub.exposure.ranges import Range, range_of
from hub.exposure.stretches import Span, Stretch, stretches, within
from storage.contract import Row, StoreReader
from storage.incidents import Measured

MOST_READINGS = 1_000_000  # a reading a minute for two years
ROWS_A_PAGE = 50_000
# Of the profiles that come with the hub: a sensor that speaks every 10 min may miss two readings.
USUAL_HOLD_MS = 1_800_000


@dataclass(frozen=True, slots=True)
class ColdUnit:
    """A unit and how its readings are taken. ``rules``: the profile's version in force, empty: none."""

    device: str
    site: str
    profile: str
    rules: str
    metric: str
    allowed: Range
    hold_ms: int
    calibrations: Sequence[Calibration] = ()


class UnitReadings:
    """Reads what is asked for once; raises StoreUnavailable, or Problem 422 for more than can be answered.

    For one answer: what comes in later is not seen.
    """

    def __init__(self, reader: StoreReader, inventory: Inventory) -> None:
        self._reader = reader
        self._inventory = inventory
        self._devices: dict[str, Row] | None = None
        self._units: dict[str, ColdUnit] = {}
        self._held: dict[str, tuple[Span, list[Stretch]]] = {}
        self._metrics: dict[str, str] | None = None
        self._versions: dict[str, tuple[InForce, ...]] | None = None

    async def unit(self, name: str) -> ColdUnit:
        """A device that nobody knows any more is taken for a fridge."""
        if name not in self._units:
            if self._devices is None:
                self._devices = {str(row["id"]): row for row in await self._inventory.devices()}
            self._units[name] = await self._unit(name, self._devices.get(name, {}))
        return self._units[name]

    async def held(self, unit: ColdUnit, span: Span) -> list[Stretch]:
        """What was held in ``span``, by time; a part of what was read already is not read again."""
        known = self._held.get(unit.device)
        if known is None or span[0] < known[0][0] or known[0][1] < span[1]:
            pages = await self._pages(unit, span)
            known = span, await asyncio.to_thread(_stretches, pages, unit, span)
            self._held[unit.device] = known
        return within(known[1], span)

    async def _pages(self, unit: ColdUnit, span: Span) -> list[list[Measured]]:
        pages: list[list[Measured]] = []
        begin_ms = max(0, span[0] - unit.hold_ms)
        while page := await self._reader.history(
            unit.device, unit.metric, from_ms=begin_ms, to_ms=span[1], limit=ROWS_A_PAGE
        ):
            pages.append(page)
            if sum(map(len, pages)) > MOST_READINGS:
                raise Problem(
                    422, "range.too_many_readings", "Over a million readings: ask for a shorter span."
                )
            begin_ms = page[-1].time_ms + 1
        return pages

    async def _unit(self, name: str, device: Row) -> ColdUnit:
        profile = str(device.get("profile") or "")
        metric = (await self._probes()).get(name, VACCINES[0])
        rules = (await self._rules()).get(profile, ())
        holds = [each.rule.hold_ms for each in rules if _judges(each, metric)]
        known = (await calibrations_of(self._reader, name)).counted_of(name)
        return ColdUnit(
            device=name,
            site=str(device.get("site") or ""),
            profile=profile,
            rules=rules[-1].rule.version if rules else "",
            metric=metric,
            allowed=range_of(profile),
            hold_ms=max(holds, default=USUAL_HOLD_MS),
            calibrations=known.get(metric, ()),
        )

    async def _probes(self) -> dict[str, str]:
        if self._metrics is None:
            rows = temperatures(await self._reader.latest_readings())
            self._metrics = {str(row["device"]): str(row["metric"]) for row in rows}
        return self._metrics

    async def _rules(self) -> dict[str, tuple[InForce, ...]]:
        """By profile; the last version is the one in force."""
        if self._versions is None:
            kept = await self._reader.alarm_settings("profile/")
            self._versions = dict(Settings(kept).versions())
        return self._versions


def _stretches(pages: Sequence[Sequence[Measured]], unit: ColdUnit, span: Span) -> list[Stretch]:
    readings = (
        Reading(each.time_ms, thousandths(each.value), each.quality) for page in pages for each in page
    )
    return stretches(readings, unit.hold_ms, span, unit.allowed.middle, unit.calibrations)


def _judges(version: InForce, metric: str) -> bool:
    """Whether it compares values of this metric, in the version in force."""
    return (
        version.to_ms is None and version.rule.metric == metric and isinstance(version.rule.when, Condition)
    )
