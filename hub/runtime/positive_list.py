"""Who had a positive result lately, made from the store: a list of people like those that are imported."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from time import perf_counter

from hub.errors import StoreUnavailable
from hub.events import parse_time
from hub.payloads import LabResult
from hub.people.list_file import MOST_RECORDS, BadList, body_head, head_of, write_list
from hub.people.records import PeopleListName, body_of, key_of, name_of, stored
from hub.runtime.people_shelf import PeopleShelf, StoredList
from storage.contract import Arrival, ResultFilter, Row, StoreReader
from storage.cursors import LARGEST_PAGE

POSITIVE: PeopleListName = "positive"
KEEP_MS = 60 * 86_400_000  # the longest that a gate's rule may ask for (positive_days)
FINAL = ("F", "C")
EVERY_SECONDS = 3600.0  # results grow old without a new one
SOON_SECONDS = 5.0  # results come in crowds: what comes sooner goes out with the next look
PAUSE_SHARE = 20  # the store has other work: a list that took 1 s is not made again within 20


class PositiveList:
    """``published`` makes it anew where results came since, not too often; of patients, final ones."""

    def __init__(
        self,
        shelf: PeopleShelf,
        open_reader: Callable[[], StoreReader],
        clock: Callable[[], int],
        seconds: Callable[[], float] = perf_counter,
    ) -> None:
        self._shelf = shelf
        self._open_reader = open_reader
        self._now_ms = clock
        self._seconds = seconds
        self._dirty = True
        self._made_at = -EVERY_SECONDS
        self._took = 0.0

    def stored(self, arrivals: Iterable[Arrival]) -> bool:
        """What came into the store; whether to publish the list now, and not with the next look."""
        if not any(_changes_it(each) for each in arrivals):
            return False
        self._dirty = True
        return self._seconds() - self._made_at >= SOON_SECONDS

    async def published(self) -> StoredList | None:
        """Raises StoreUnavailable."""
        since = self._seconds() - self._made_at
        if since >= EVERY_SECONDS or (self._dirty and since >= PAUSE_SHARE * self._took):
            await self._make()
        return await self._shelf.published(POSITIVE)

    async def _make(self) -> None:
        began, self._dirty = self._seconds(), False
        try:
            found = await self._positives()
            await asyncio.to_thread(self._write, found)
        except StoreUnavailable:
            self._dirty = True
            raise
        self._made_at = self._seconds()
        self._took = self._made_at - began

    async def _positives(self) -> dict[str, int]:
        """The latest time of each pseudonym; none lies ahead, whatever an analyzer's clock says."""
        now_ms, found = self._now_ms(), dict[str, int]()
        wanted = ResultFilter(call="POS", from_ms=now_ms - KEEP_MS)
        reader = self._open_reader()
        await reader.open()
        try:
            cursor: str | None = ""
            while cursor is not None and len(found) < MOST_RECORDS:
                page = await reader.results(wanted, limit=LARGEST_PAGE, cursor=cursor or None)
                for person, at_ms in _people(page.items):
                    found[person] = max(min(at_ms, now_ms), found.get(person, 0))
                cursor = page.next_cursor
        finally:
            await reader.close()
        return found

    def _write(self, found: dict[str, int]) -> None:
        """What says the same is left as it lies."""
        path, keys = self._shelf.path(POSITIVE), {key_of(person) for person in found}
        named = ((name_of(person), at_ms) for person, at_ms in found.items())
        body = body_of({name: stored(POSITIVE, at_ms) for name, at_ms in named if name})
        head = body_head(body, self._now_ms(), keys.pop() if len(keys) == 1 else None)
        with suppress(BadList, FileNotFoundError):
            if head_of(path).version == head.version:
                return
        try:
            write_list(path, head, [body])
        except OSError as error:
            raise StoreUnavailable(f"{POSITIVE}: {error.strerror}") from error


def _changes_it(arrival: Arrival) -> bool:
    """A positive result, or a word on one that came before."""
    if not isinstance(arrival.payload, LabResult):
        return False
    return arrival.payload.call == "POS" or bool(arrival.event.supersedes)


def _people(rows: Sequence[Row]) -> Iterator[tuple[str, int]]:
    for row in rows:
        if row.get("person") and not row.get("control") and row["status"] in FINAL:
            yield row["person"], parse_time(row["time"])
