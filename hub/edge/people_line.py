"""Brings the lists of people from the bus to this edge's disk, on a line of its own: events wait for none.

Chunks are asked for by name, a few at a time, and written as they come; what came is looked through in a
thread and then put in place. Until then the list that was there is used.
"""

import asyncio
import logging
from collections.abc import Callable

from msgspec import UNSET

from hub.edge.people_kept import DAY_MS, KeptList, PeopleKept
from hub.errors import BusUnavailable
from hub.events import parse_time
from hub.lists import CHUNK_BYTES, KEEP_DAYS, Manifest, chunk_topic, manifest_of, manifest_topic
from hub.mqtt.connection import BrokerAddress, Connection, Incoming, connect
from hub.mqtt.retained import ask_again
from hub.people.list_file import (
    MOST_RECORDS,
    BadList,
    Draft,
    Head,
    PeopleFile,
    opened,
    records_of,
    write_list,
)
from hub.supervisor import FAST, keep_running

CHUNKS_AT_ONCE = 4
CHUNK_SECONDS = 60.0  # a megabyte over a line of 140 kbit/s
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 300.0
log = logging.getLogger(__name__)


class _Moved(Exception):
    """Another version was published meanwhile, or its chunks do not come."""


class PeopleLine:
    """``run`` is one connection's life. Without a list that is wanted it opens none."""

    def __init__(self, address: BrokerAddress, edge: str, kept: PeopleKept, clock: Callable[[], int]) -> None:
        self._address = address
        self._edge = edge
        self._kept = kept
        self._now_ms = clock
        self._manifests: dict[str, tuple[Manifest, int]] = {}  # and when each was heard
        self._heard_more = asyncio.Event()
        self._chunks: dict[str, asyncio.Future[bytes]] = {}
        self._connection: Connection | None = None

    async def serve(self) -> None:
        """One connection after the other, until cancelled."""
        await keep_running(self.run, name="people-lists", retried=BusUnavailable, backoff=FAST)

    async def run(self) -> None:
        """Raises BusUnavailable at its end."""
        await self._kept.asked_for.wait()
        client = f"epihub-edge-{self._edge}-lists"
        connection = await connect(self._address, client, clean=True, on_messages=self._heard)
        self._connection = connection
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._follow(connection, tasks), name="people-lists")
                tasks.create_task(_end_with(connection), name="connection")
        except* BusUnavailable as errors:
            raise BusUnavailable(str(errors.exceptions[0])) from None
        finally:
            self._connection = None
            self._manifests.clear()
            self._let_chunks_go()
            await connection.close()

    async def _follow(self, connection: Connection, tasks: asyncio.TaskGroup) -> None:
        """One list after the other; what could not be had is tried again later."""
        subscribed: set[str] = set()
        pause = FIRST_PAUSE_SECONDS
        while True:
            self._heard_more.clear()
            self._kept.asked_for.clear()
            if more := self._kept.wanted.keys() - subscribed:
                topics = [manifest_topic(name) for name in more]
                await connection.subscribe(*topics)
                tasks.create_task(ask_again(connection, *topics), name="kept-manifests")
                subscribed |= more
            done = [await self._take(connection, kept) for kept in list(self._kept.wanted.values())]
            pause = FIRST_PAUSE_SECONDS if all(done) else min(2 * pause, LONGEST_PAUSE_SECONDS)
            await self._news(None if all(done) else pause)

    async def _news(self, seconds: float | None) -> None:
        """Another manifest, another list that is wanted, or so many seconds."""
        waits = [asyncio.ensure_future(each.wait()) for each in (self._heard_more, self._kept.asked_for)]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _take(self, connection: Connection, kept: KeptList) -> bool:
        """Whether the list is as the hub has it, or it has none."""
        manifest, heard_ms = self._manifests.get(kept.name, (None, 0))
        head = _head_of(manifest, heard_ms) if manifest else None
        if manifest is None or head is None:
            return True
        try:
            if kept.head and kept.head.version == head.version and kept.path.exists():
                await self._renew(kept, kept.head, head)
            else:
                await self._fetch(connection, kept, manifest, head)
        except (_Moved, BadList) as reason:
            kept.failure = str(reason)
        except OSError as error:
            kept.failure = f"cannot be written: {error.strerror}"
        else:
            return True
        log.warning("a people list is not taken", extra={"list": kept.name, "reason": kept.failure})
        return False

    async def _renew(self, kept: KeptList, before: Head, head: Head) -> None:
        """The hub still says the same; on the disk once a day, as its time to live changes."""
        if before.expires_ms != head.expires_ms:
            pieces = records_of(kept.path, CHUNK_BYTES, head.version)
            await asyncio.to_thread(write_list, kept.path, head, pieces)
        kept.renewed(head)

    async def _fetch(self, connection: Connection, kept: KeptList, manifest: Manifest, head: Head) -> None:
        draft = await asyncio.to_thread(Draft, kept.path, head)
        try:
            for first in range(0, manifest.chunks, CHUNKS_AT_ONCE):
                numbers = range(first, min(first + CHUNKS_AT_ONCE, manifest.chunks))
                topics = [chunk_topic(kept.name, manifest.version, number) for number in numbers]
                for piece in await self._pieces(connection, topics):
                    await asyncio.to_thread(draft.write, piece)
            kept.use(await asyncio.to_thread(_checked, draft))
        finally:
            draft.drop()
        log.info("people list taken", extra={"list": kept.name, "count": head.count})

    async def _pieces(self, connection: Connection, topics: list[str]) -> list[bytes]:
        """Chunks in their order; raises _Moved."""
        loop = asyncio.get_running_loop()
        self._chunks = {topic: loop.create_future() for topic in topics}
        waiting = list(self._chunks.values())
        try:
            await connection.subscribe(*topics, qos=0)
            async with asyncio.timeout(CHUNK_SECONDS):
                pieces = await asyncio.gather(*waiting)
            await connection.unsubscribe(*topics)
        except (TimeoutError, asyncio.CancelledError):
            if (task := asyncio.current_task()) and task.cancelling():
                raise
            raise _Moved("it changes, or is not whole on the bus") from None
        finally:
            self._let_chunks_go()
        return pieces

    def _let_chunks_go(self) -> None:
        for chunk in self._chunks.values():
            chunk.cancel()
        self._chunks = {}

    def _heard(self, messages: list[Incoming]) -> None:
        for message in messages:
            waiting = self._chunks.get(message.topic)
            if waiting is not None and not waiting.done() and 0 < len(message.payload) <= CHUNK_BYTES:
                waiting.set_result(message.payload)
            else:
                self._hear_manifest(message)
        if self._connection:
            self._connection.acknowledge([message for message in messages if message.packet_id])

    def _hear_manifest(self, message: Incoming) -> None:
        name = next((name for name in self._kept.wanted if manifest_topic(name) == message.topic), None)
        manifest = manifest_of(message.payload) if name else None
        if name is None or manifest is None:
            return
        of_it = f"{message.topic}/{manifest.version}/"
        if any(
            topic.startswith(f"{message.topic}/") and not topic.startswith(of_it) for topic in self._chunks
        ):
            self._let_chunks_go()
        self._manifests[name] = manifest, self._now_ms()
        self._heard_more.set()


def _head_of(manifest: Manifest, now_ms: int) -> Head | None:
    """None of one whose figures do not fit each other, or that is too old to be used.

    ``received_ms`` of what the broker kept of a hub that is away is told to the day, by its expiry.
    """
    expires_ms = None if manifest.expires is None else _time_ms(manifest.expires)
    received_ms = now_ms if expires_ms is None else min(now_ms, expires_ms - KEEP_DAYS * DAY_MS)
    key = None if manifest.key is UNSET else manifest.key
    head = Head(manifest.version, manifest.count, manifest.sha256, received_ms, expires_ms, key)
    sound = manifest.count <= MOST_RECORDS and manifest.chunks == -(-head.body_bytes // CHUNK_BYTES)
    return head if sound and (expires_ms is None or now_ms < expires_ms) else None


def _time_ms(text: str) -> int:
    """0 of what is no time: over long ago."""
    try:
        return parse_time(text)
    except ValueError:
        return 0


def _checked(draft: Draft) -> PeopleFile:
    """Look through what came, then put it in place; raises BadList, OSError."""
    draft.finish()
    found = opened(draft.fresh)
    draft.put()
    return found


async def _end_with(connection: Connection) -> None:
    raise BusUnavailable(await connection.lost())
