"""All lists of people that the hub has, and what it answers about them on its local socket."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from hub.control import Answer, Handler
from hub.events import format_time
from hub.people.list_file import Head
from hub.people.records import PEOPLE_LISTS
from hub.runtime.list_herald import Make
from hub.runtime.people_shelf import IMPORTED, PeopleShelf
from hub.runtime.positive_list import POSITIVE, PositiveList
from storage.contract import StoreReader


class PeopleLists:
    """``folder``: where their files lie; made with the first of them."""

    def __init__(
        self, folder: Path, open_reader: Callable[[], StoreReader], clock: Callable[[], int]
    ) -> None:
        self.shelf = PeopleShelf(folder, clock)
        self.positives = PositiveList(self.shelf, open_reader, clock)

    def published(self) -> dict[str, Make]:
        """What makes each list, by the name that it has on the bus."""
        imported: dict[str, Make] = {name: partial(self.shelf.published, name) for name in IMPORTED}
        return imported | {POSITIVE: self.positives.published}

    def calls(self, changed: Callable[[], None]) -> dict[str, Handler]:
        """``people.take`` of a file in the folder, ``people.show``; ``changed`` is told of what was taken."""

        async def take(name: str, file: str) -> Answer:
            head = await self.shelf.take(name, file)
            changed()
            return _told(name, head)

        async def show() -> Answer:
            heads = {name: await self.shelf.head(name) for name in PEOPLE_LISTS}
            there = [_told(name, head) for name, head in heads.items() if head]
            bad = [{"list": name, "trouble": why} for name, why in self.shelf.troubles.items()]
            return {"items": there + bad}

        return {"people.take": take, "people.show": show}


def _told(name: str, head: Head) -> dict[str, Any]:
    return {
        "list": name,
        "version": head.version,
        "count": head.count,
        "made": format_time(head.received_ms),
        "key": head.key,
    }
