"""What the page of the gates shows, read once for all who look."""

from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from api.console.shared_query import Shared
from api.deck import Deck
from api.local_days import begin_ms, day_of
from api.occupancy import occupancy_row
from storage.contract import Row
from storage.gates import ScanFilter

MOST_SCANS = 100


@dataclass(frozen=True, slots=True)
class LiveGates:
    """Of the edge beside us: what its gates showed in the last seconds, and how each stands."""

    items: tuple[Row, ...] = ()
    gates: dict[str, dict[str, Any]] = field(default_factory=dict)


class GateBoard:
    """Reads only while somebody looks."""

    def __init__(self, deck: Deck, zone: ZoneInfo) -> None:
        self._deck = deck
        self._zone = zone
        self.scans: Shared[list[Row]] = Shared(self._scans, [], 1)
        self.zones: Shared[list[Row]] = Shared(self._zones, [], 2)
        self.live: Shared[LiveGates] = Shared(self._live, LiveGates(), 0.5)

    async def _scans(self) -> list[Row]:
        """The newest first."""
        if self._deck.store is None:
            return []
        return (await self._deck.reader.scans(ScanFilter(), limit=MOST_SCANS, cursor=None)).items

    async def _zones(self) -> list[Row]:
        if self._deck.store is None:
            return []
        day_began_ms = begin_ms(day_of(self._deck.now_ms(), self._zone), self._zone)
        return [occupancy_row(zone) for zone in await self._deck.reader.occupancy(day_began_ms)]

    async def _live(self) -> LiveGates:
        """The edge keeps ten seconds: whoever asks each second misses nothing."""
        if self._deck.edge is None:
            return LiveGates()
        told = await self._deck.edge.screens(0, 0, 0.0)
        return LiveGates(tuple(told["items"]), told["gates"])
