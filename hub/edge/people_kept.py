"""The lists of people as this edge has them: a file each, mapped, and followed by whoever looks people up."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hub.errors import OperatorError
from hub.events import format_time
from hub.people.list_file import BadList, Head, PeopleFile, opened
from hub.people.records import PEOPLE_LISTS, PeopleListName, name_of, told

FOLDER = "gate-lists"  # in the data directory; that of a hub beside has its own
ENDING = ".people"
DAY_MS = 86_400_000
log = logging.getLogger(__name__)


class KeptList:
    """hub.contract.PeopleList; ``key``: id of the key under which this edge names people."""

    def __init__(self, name: PeopleListName, path: Path, key: str, clock: Callable[[], int]) -> None:
        self.name = name
        self.path = path
        self.failure = ""  # why a newer one could not be kept
        self._key = key
        self._now_ms = clock
        self._file: PeopleFile | None = None
        self._head: Head | None = None

    @property
    def version(self) -> str:
        return self._head.version if self._head and not self.trouble else ""

    @property
    def received_ms(self) -> int:
        return self._head.received_ms if self._head else 0

    def find(self, person: str) -> int | None:
        name = name_of(person)
        if self._file is None or name is None or self.trouble:
            return None
        held = self._file.find(name)
        return None if held is None else told(self.name, held)

    @property
    def trouble(self) -> str:
        """Why nobody is looked up in it; empty: it is used."""
        head = self._head
        if head is None:
            return "none came yet"
        if head.expires_ms is not None and self._now_ms() >= head.expires_ms:
            return "too old to be used"
        return "made under another key" if head.key not in (None, self._key) else ""

    @property
    def head(self) -> Head | None:
        return self._head

    def use(self, file: PeopleFile) -> None:
        """From now on; what was used before is let go."""
        before, self._file, self._head, self.failure = self._file, file, file.head, ""
        if before:
            before.close()

    def renewed(self, head: Head) -> None:
        """The same records, heard of again."""
        self._head = head

    def told(self) -> dict[str, Any]:
        """For people who ask; times in RFC 3339."""
        head = self._head
        return {
            "list": self.name,
            "version": head.version if head else "",
            "count": head.count if head else 0,
            "received": format_time(head.received_ms) if head else None,
            "expires": format_time(head.expires_ms) if head and head.expires_ms is not None else None,
            "trouble": self.trouble or self.failure,
        }


class PeopleKept:
    """All of an edge's. ``of`` makes a list wanted: from then on it is followed on the bus."""

    def __init__(self, data_dir: Path, key: str, clock: Callable[[], int]) -> None:
        folder = data_dir / FOLDER
        self.wanted: dict[PeopleListName, KeptList] = {}
        self.asked_for = asyncio.Event()
        self._lists = {name: KeptList(name, folder / f"{name}{ENDING}", key, clock) for name in PEOPLE_LISTS}

    async def open(self) -> None:
        """Take up what was kept; a file that cannot be used is as if it had never come."""
        for kept in self._lists.values():
            try:
                kept.use(await asyncio.to_thread(opened, kept.path))
            except FileNotFoundError:
                continue
            except (BadList, OSError) as error:
                why = str(error) if isinstance(error, OperatorError) else type(error).__name__
                log.warning("a kept people list is not used", extra={"list": kept.name, "reason": why})

    def of(self, name: PeopleListName) -> KeptList:
        """The same object at each call."""
        self.wanted[name] = self._lists[name]
        self.asked_for.set()
        return self._lists[name]

    def troubles(self) -> list[str]:
        """In words, of those that are wanted."""
        found = [(kept.name, kept.trouble or kept.failure) for kept in self.wanted.values()]
        return [f"{name}: {trouble}" for name, trouble in found if trouble]

    def told(self) -> list[dict[str, Any]]:
        return [kept.told() for kept in self.wanted.values()]


def no_list(name: PeopleListName) -> KeptList:
    """One that nothing follows: nobody is on it."""
    return KeptList(name, Path(), "", lambda: 0)
