"""The zones of an edge while its gates run: made anew of what was told before, and told every hour."""

import asyncio

from adapters.qr_gates.barriers.awaited_before import AllowedScan, awaited_before
from adapters.qr_gates.gate_memory import GateMemory, ZoneMemory
from hub.contract import Fact, Outlet
from hub.errors import DeviceUnavailable, NotCommitted
from hub.payloads import GateDecision, Passage, Scan, ZoneCount
from hub.streams import now_ms

HOUR_MS = 3_600_000
LOOK_BACK_MS = 26 * HOUR_MS  # a day of anti-passback, and a count or two of each zone
EVERYTHING_MS = 0


class GateZones:
    """One of an edge: ``Outlet.shared(GateZones)``. ``awaited``: whom its gates let in before this start."""

    def __init__(self) -> None:
        self.memory = GateMemory()
        self.awaited: dict[str, list[AllowedScan]] = {}
        self._remembered = False
        self._one = asyncio.Lock()
        self._tellers: dict[str, asyncio.Lock] = {}

    async def remember(self, outlet: Outlet) -> None:
        """Once, before the first scan; raises DeviceUnavailable while the spool cannot be read."""
        async with self._one:
            if self._remembered:
                return
            try:
                told = await outlet.recall((Scan, GateDecision, Passage, ZoneCount), now_ms() - LOOK_BACK_MS)
                if not any(isinstance(each.payload, ZoneCount) for each in told):
                    told = await outlet.recall((Scan, GateDecision, Passage, ZoneCount), EVERYTHING_MS)
            except NotCommitted as error:
                raise DeviceUnavailable("what was told before cannot be read") from error
            await asyncio.to_thread(self.memory.take, told)
            self.awaited = awaited_before(told)
            self._remembered = True

    async def tell_hourly(self, zone: ZoneMemory, outlet: Outlet) -> None:
        """Until cancelled; of a zone's gates one tells, and another where that one stops."""
        async with self._tellers.setdefault(zone.zone, asyncio.Lock()):
            while True:
                await asyncio.sleep((HOUR_MS - now_ms() % HOUR_MS) / 1000)
                await self._tell(zone, outlet)

    async def _tell(self, zone: ZoneMemory, outlet: Outlet) -> None:
        """What cannot be stored now is in the next hour's."""
        told = zone.tell()
        try:
            await outlet.emit(count_fact(told, now_ms()))
        except NotCommitted:
            zone.untell(told)


def count_fact(told: ZoneCount, at_ms: int) -> Fact:
    return Fact(told, f"{told.zone}|{at_ms}", at_ms, "received")
