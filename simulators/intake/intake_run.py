"""All that people and other systems of the province report, in its order, for as long as the demo runs."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from simulators.intake.daily import bed_days, quarantine_days
from simulators.intake.line import IntakeLine, Refused
from simulators.intake.once import assessments, before_all, campaign, declarations
from simulators.intake.registry import VIETNAM, SpecimenRegistry

PAST_DAYS = 7
LOOK_SECONDS = 300.0  # whether a new day has begun
REST_SECONDS = 1.0  # between two kinds of the past: devices and readers come first


@dataclass(slots=True)
class IntakeRun:
    """``history``: the hub has nothing yet, so what is told once is told."""

    line: IntakeLine
    registry: SpecimenRegistry
    history: bool
    notice: Callable[[str], None]

    async def run(self) -> None:
        """Until cancelled. A hub that refuses is told no more: devices go on without."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._report(), name="reports")
                group.create_task(self.registry.run(), name="specimen registry")
        except* Refused as refused:
            for error in refused.exceptions:
                self.notice(f"intake ends: {error}")

    async def _report(self) -> None:
        if self.history:
            await self._past()
        today, told = _today(), _today() - timedelta(days=PAST_DAYS)
        while True:
            while told < today - timedelta(days=1):
                told += timedelta(days=1)
                await self._day(told)
            await asyncio.sleep(LOOK_SECONDS)
            today = _today()

    async def _past(self) -> None:
        for type_, bodies in before_all():
            await self.line.tell(type_, bodies)
        await self.line.tell("declaration", list(declarations()))
        await asyncio.sleep(REST_SECONDS)
        await self.line.tell("assessment", list(assessments()))
        for type_, bodies in campaign(_today() - timedelta(days=1)):
            await asyncio.sleep(REST_SECONDS)
            await self.line.tell(type_, bodies)

    async def _day(self, day: date) -> None:
        await self.line.tell("quarantine-daily", list(quarantine_days(day)))
        await self.line.tell("bed-status", list(bed_days(day)))

    def progress(self) -> str:
        counts = self.line.counts
        return f"reported: {counts.told} facts, {counts.posts} posts, {counts.refused} refused"


def _today() -> date:
    return datetime.now(VIETNAM).date()
