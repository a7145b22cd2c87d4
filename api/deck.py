"""What the routes share, held by the app: one object, typed, instead of loose attributes."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from api.access import Access
from api.inventory import Inventory
from api.link import HubLink
from api.meters import Meters
from api.settings import ApiSettings
from api.tail import Tail
from storage.contract import StoreReader


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Deck:
    """The parts of one running API; ``stopping`` ends every open stream."""

    settings: ApiSettings
    reader: StoreReader
    hub: HubLink
    access: Access
    inventory: Inventory
    tail: Tail
    meters: Meters
    now_ms: Callable[[], int] = wall_ms
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


def _deck(request: Request) -> Deck:
    deck: Deck = request.app.state.deck
    return deck


OfDeck = Annotated[Deck, Depends(_deck)]
