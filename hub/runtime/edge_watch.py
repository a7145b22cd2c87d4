"""Edges as the hub hears them: their retained states on the bus become statuses of its own log (design 5)."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import NamedTuple

import msgspec

from hub.clock import now_ms
from hub.errors import BusUnavailable, StoreUnavailable
from hub.events import is_level, parse_time
from hub.mqtt.connection import BrokerAddress, Connection, Incoming, connect
from hub.mqtt.retained import ask_again
from hub.payloads import DeviceState
from hub.runtime.hub_pulse import Write
from hub.sink.own_statuses import own_status
from hub.wire import EdgeState
from storage.contract import StoreReader

KIND = "edge"
EVERY_EDGE = "epihub/v1/state/+/+"
# In which a broker sends what it retains, and edges that start with the hub come up.
SETTLE_SECONDS = 30.0
MOST_EDGES = 10_000  # accounts of a hub are a thousand; names of a hostile bus end here
UNHEARD: tuple[DeviceState, str] = ("UNKNOWN", "edge_unheard")
_REASONS: dict[tuple[str, str], str] = {
    ("OFFLINE", "connection lost"): "edge_lost",
    ("OFFLINE", "stopped"): "edge_stopped",
    ("ONLINE", "connected"): "edge_connected",
}
_decode = msgspec.json.Decoder(EdgeState).decode


class Heard(NamedTuple):
    """What an edge's state said; ``ahead_s``: how far its clock is ahead of ours, None: not known."""

    site: str
    edge: str
    state: DeviceState
    reason: str
    at_ms: int
    ahead_s: float | None


class EdgeWatch:
    """``expected``: site by edge, of those that should be there. ``run`` is one connection's life."""

    def __init__(
        self,
        address: BrokerAddress,
        open_reader: Callable[[], StoreReader],
        write: Write,
        expected: Mapping[str, str],
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._address = address
        self._open_reader = open_reader
        self._write = write
        self._expected = expected
        self._now_ms = clock
        self._connection: Connection | None = None
        self._sites: dict[str, str] = {}
        self._told: dict[str, tuple[DeviceState, str]] = {}  # state and reason that the log has last
        self._sessions: dict[str, int] = {}
        self._waiting: deque[Heard] = deque()
        self._more = asyncio.Event()

    async def run(self) -> None:
        """Raises BusUnavailable at its end, also where the store went; StoreUnavailable before it began."""
        await self._remember()
        self._sessions.clear()
        self._waiting.clear()
        connection = await connect(self._address, "epihub-hub-edges", clean=True, on_messages=self._hear)
        self._connection = connection
        try:
            await connection.subscribe(EVERY_EDGE)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(ask_again(connection, EVERY_EDGE), name="kept-states")
                tasks.create_task(self._miss(), name="unheard-edges")
                tasks.create_task(self._write_on(), name="edge-statuses")
                tasks.create_task(_end_with(connection), name="edges-connection")
        except* (BusUnavailable, StoreUnavailable) as errors:
            raise BusUnavailable(str(errors.exceptions[0])) from None
        finally:
            self._connection = None
            await connection.close()

    async def _remember(self) -> None:
        """What the log said last: only a change is told."""
        reader = self._open_reader()
        await reader.open()
        try:
            rows = [row for row in await reader.devices() if row["kind"] == KIND]
        finally:
            await reader.close()
        self._told = {row["device"]: (row["state"], row["reason"]) for row in rows}
        self._sites = dict(self._expected) | {row["device"]: row["site"] for row in rows}

    def _hear(self, messages: list[Incoming]) -> None:
        for message in messages:
            with suppress(msgspec.DecodeError, UnicodeDecodeError, ValueError):
                self._take(message)
        if self._connection:
            self._connection.acknowledge([each for each in messages if each.packet_id])

    def _take(self, message: Incoming) -> None:
        """An old will comes after the birth of the session that followed it: it is passed over."""
        site, edge = message.topic.split("/")[3:5]
        told = _decode(message.payload)
        if not (is_level(site) and is_level(edge)) or len(self._sessions) >= MOST_EDGES:
            return
        if told.state != "ONLINE" and told.session < self._sessions.get(edge, 0):
            return
        self._sessions[edge] = told.session
        self._sites[edge] = site
        at_ms = self._now_ms()
        state: DeviceState = "ONLINE" if told.state == "ONLINE" else "OFFLINE"
        fresh = state == "ONLINE" and not message.retain
        ahead_s = (parse_time(told.since) - at_ms) / 1000 if fresh else None
        reason = _REASONS.get((told.state, told.reason), f"edge_{state.lower()}")
        self._waiting.append(Heard(site, edge, state, reason, at_ms, ahead_s))
        self._more.set()

    async def _miss(self) -> None:
        """Those that should be there, and of which the bus says nothing."""
        await asyncio.sleep(SETTLE_SECONDS)
        at_ms = self._now_ms()
        for edge in sorted(self._sites.keys() - self._sessions.keys()):
            self._waiting.append(Heard(self._sites[edge], edge, *UNHEARD, at_ms, None))
        self._more.set()

    async def _write_on(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            while self._waiting:
                await self._write_changes([self._waiting.popleft() for _ in range(len(self._waiting))])

    async def _write_changes(self, heard: Iterable[Heard]) -> None:
        """One commit; of what did not change nothing is written, but for what a clock says anew."""
        news = [each for each in heard if self._is_news(each)]
        arrivals = [
            arrival
            for each in news
            for arrival in own_status(
                each.site, each.edge, KIND, each.state, each.reason, each.at_ms, each.ahead_s
            )
        ]
        if arrivals:
            await self._write(arrivals)

    def _is_news(self, heard: Heard) -> bool:
        before = self._told.get(heard.edge)
        self._told[heard.edge] = heard.state, heard.reason
        return before is None or before[0] != heard.state or heard.ahead_s is not None


async def _end_with(connection: Connection) -> None:
    raise BusUnavailable(await connection.lost())
