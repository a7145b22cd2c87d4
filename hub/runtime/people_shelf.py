"""The hub's lists of people: files in its data directory, in every backup, published as they lie."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import UNSET

from hub.errors import OperatorError, StoreUnavailable
from hub.events import format_time
from hub.lists import CHUNK_BYTES, KEEP_DAYS, ListMoved, Manifest, chunk_topic
from hub.people.list_file import BadList, Head, head_of, opened, records_of
from hub.people.records import PeopleListName

ENDING = ".people"
IMPORTED: tuple[PeopleListName, ...] = ("watch", "declared", "doses")  # positives come from the store
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StoredList:
    """hub.lists.Published of a file; blocks for the page cache, 256 KiB at a time."""

    manifest: Manifest
    path: Path

    def chunk_messages(self, name: str) -> Iterator[tuple[str, bytes]]:
        try:
            for number, piece in enumerate(records_of(self.path, CHUNK_BYTES, self.manifest.version)):
                yield chunk_topic(name, self.manifest.version, number), piece
        except BadList as error:
            raise ListMoved("the list is another one now") from error
        except OSError as error:
            raise StoreUnavailable(f"{self.path.name}: {error.strerror}") from error


class PeopleShelf:
    """``folder``: that of the lists. One that cannot be read is not published, and ``troubles`` names it."""

    def __init__(self, folder: Path, clock: Callable[[], int]) -> None:
        self.folder = folder
        self.troubles: dict[str, str] = {}
        self._now_ms = clock

    def path(self, name: PeopleListName) -> Path:
        return self.folder / f"{name}{ENDING}"

    async def published(self, name: PeopleListName) -> StoredList | None:
        """What edges are to have; None: there is none."""
        head = await self.head(name)
        if head is None:
            return None
        chunks = -(-head.body_bytes // CHUNK_BYTES)
        key = UNSET if head.key is None else head.key
        manifest = Manifest(head.version, head.count, head.sha256, chunks, self._expires(), key)
        return StoredList(manifest, self.path(name))

    async def head(self, name: PeopleListName) -> Head | None:
        try:
            head = await asyncio.to_thread(head_of, self.path(name))
        except FileNotFoundError:
            return None
        except (BadList, OSError) as error:
            self._trouble(name, str(error) if isinstance(error, BadList) else str(error.strerror))
            return None
        self.troubles.pop(name, None)
        return head

    async def take(self, name: str, file: str) -> Head:
        """Put a file of ``folder`` in the place of a list that is imported; raises OperatorError."""
        wanted = next((each for each in IMPORTED if each == name), None)
        if wanted is None:
            raise OperatorError(f"there are the lists {', '.join(IMPORTED)}")
        if "/" in file or file in ("", ".", ".."):
            raise OperatorError("the file must lie in the folder of the lists")
        return await asyncio.to_thread(self._take, wanted, self.folder / file)

    def _take(self, name: PeopleListName, fresh: Path) -> Head:
        try:
            found = opened(fresh)
            found.close()
            fresh.replace(self.path(name))
        except OSError as error:
            raise OperatorError(f"{fresh.name}: {error.strerror}") from error
        log.info("people list taken", extra={"list": name, "count": found.head.count})
        return found.head

    def _expires(self) -> str:
        """The midnight (UTC) after 30 days: the manifest changes once a day, its version does not."""
        today = datetime.fromtimestamp(self._now_ms() / 1000, UTC).date()
        end = datetime.combine(today + timedelta(days=KEEP_DAYS + 1), datetime.min.time(), UTC)
        return format_time(int(end.timestamp() * 1000))

    def _trouble(self, name: str, reason: str) -> None:
        if self.troubles.get(name) != reason:
            log.error("a people list cannot be read", extra={"list": name, "reason": reason})
        self.troubles[name] = reason
