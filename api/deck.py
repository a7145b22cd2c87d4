"""What the routes share, held by the app: one object, typed, instead of loose attributes."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Annotated, cast

from fastapi import Depends, Request

from api.access import Access, Identity
from api.audit_trail import AuditTrail
from api.edge.gate_screens import GateScreens
from api.edge.link import EdgeLink
from api.inventory import Inventory
from api.link import HubLink
from api.meters import Meters
from api.scope import Scope
from api.scoped_control import ScopedControl
from api.scoped_reader import ScopedReader
from api.scoped_tail import ScopedTail
from api.settings import ApiSettings
from api.tail import Tail
from hub.errors import StoreUnavailable
from storage.contract import Row, StoreReader


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
    trail: AuditTrail | None = None  # None: no hub stands behind this API
    scope: Scope | None = None  # of whom it is for: everything in it is held to it; None: all
    whole: StoreReader | None = None  # the store beyond the scope, for reports that leave out rows themselves

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

    def narrowed(self, scope: Scope | None) -> "Deck":
        """The same for somebody with this scope: nothing else can be reached through it.

        Screens of gates are for who may see all: a kiosk needs a key without scope.
        """
        if scope is None:
            return self
        placed = {device["id"]: device.get("site", "") for device in self.settings.devices}
        kept = None if self.own_alarms is None else ScopedReader(self.own_alarms, scope, placed)
        store = None if self.store is None else ScopedReader(self.store.reader, scope, placed)
        asked = store or kept
        settings = replace(
            self.settings,
            sites=scope.sites_of(self.settings.sites),
            devices=scope.devices_of(self.settings.devices),
        )
        edge = self.edge and EdgeLink(ScopedControl(self.edge.control, scope, asked, placed))
        heard = asked.devices if asked else nothing
        return replace(
            self,
            settings=settings,
            store=StoreSide(cast(StoreReader, store), ScopedTail(self.tail, store)) if store else None,
            hub=HubLink(ScopedControl(self.hub.control, scope, asked, placed)),
            edge=edge,
            inventory=Inventory(settings, heard),
            screens=None,
            own_alarms=cast(StoreReader, kept) if kept else None,
            scope=scope,
            whole=self.whole or (self.store.reader if self.store else None),
        )

    def _store(self) -> StoreSide:
        if self.store is None:
            raise StoreUnavailable("an edge alone has no store")
        return self.store


async def nothing() -> list[Row]:
    """No device was heard of."""
    return []


def _deck(request: Request) -> Deck:
    """Held to the scope of who asks."""
    deck: Deck = request.app.state.deck
    who: Identity | None = request.scope.get("epihub.identity")
    return deck.narrowed(who.scope if who else None)


OfDeck = Annotated[Deck, Depends(_deck)]
