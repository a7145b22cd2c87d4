"""What the routes share, held by the app: one object, typed, instead of loose attributes."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from api.access import Access
from api.edge.gate_screens import GateScreens
from api.edge.link import EdgeLink
from api.inventory import Inventory
from api.link import HubLink
from api.meters import Meters
from api.settings import ApiSettings
from api.tail import Tail
from hub.errors import StoreUnavailable
from storage.contract import StoreReader


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class StoreSide:
    """What only a hub has."""

    reader: StoreReader
    tail: Tail


@dataclass(frozen=True, slots=True)
class Deck:
    """The parts of one running API; ``stopping`` ends every open stream.

    ``hub``: the process beside us, at an edge alone the edge's; ``edge`` and ``screens`` (of its gates): None
    at a hub apart. ``own_alarms``: the small store of an edge alone that judges by itself.
    """

    settings: ApiSettings
    store: StoreSide | None
    hub: HubLink
    edge: EdgeLink | None
    access: Access
    inventory: Inventory
    meters: Meters
    screens: GateScreens | None = None
    own_alarms: StoreReader | None = None
    now_ms: Callable[[], int] = wall_ms
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def reader(self) -> StoreReader:
        """Raises StoreUnavailable at an edge alone."""
        return self._store().reader

    @property
    def ledger(self) -> StoreReader:
        """Where alarms and what they rest on are read; raises StoreUnavailable at an edge without any."""
        return self.own_alarms or self.reader

    @property
    def tail(self) -> Tail:
        """Raises StoreUnavailable at an edge alone."""
        return self._store().tail

    def _store(self) -> StoreSide:
        if self.store is None:
            raise StoreUnavailable("an edge alone has no store")
        return self.store


def _deck(request: Request) -> Deck:
    deck: Deck = request.app.state.deck
    return deck


OfDeck = Annotated[Deck, Depends(_deck)]
