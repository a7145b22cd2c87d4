"""The edge's one connection to the bus: events out, receipts and commands in, birth and will."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from hub.edge.own_readings import OwnReadings
from hub.edge.relay import Relay
from hub.edge.standstill import Alarm, Standstill
from hub.errors import BusUnavailable, NotCommitted
from hub.events import format_time, hub_topic, partition_of, receipt_topic, state_topic
from hub.mqtt.connection import BrokerAddress, Connection, Incoming, Will, connect
from hub.spool import Spool, Verdict
from hub.streams.clock import now_ms
from hub.wire import EdgeState, PartitionState, Receipt, encode_json

HOPELESS_WANTS = 5  # design 3: only then is one row given up
# The hub repeats itself sooner, with what we sent still in its queue; a row that goes again stands behind
# all others there, so each time it gets twice as long before it counts as lost once more.
WANT_PAUSE_SECONDS, LONGEST_WANT_PAUSE_SECONDS = 1.0, 30.0
FIRST_QUESTION_SECONDS, LONGEST_QUESTION_SECONDS = 0.2, 10.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Want:
    """A gap (epoch, first, last), how often it was named, and when we last heeded it."""

    rows: tuple[str, int, int]
    named: int = 0
    heard_at: float = 0.0

    @property
    def pause(self) -> float:
        """Seconds that what was sent last has to arrive."""
        return min(LONGEST_WANT_PAUSE_SECONDS, WANT_PAUSE_SECONDS * 2.0 ** min(self.named - 1, 10))


_receipt = msgspec.json.Decoder(Receipt).decode
_partition_state = msgspec.json.Decoder(PartitionState).decode


class EdgeLink:
    """``commands`` gets each command's body and device; ``announce`` runs on every new connection.

    ``standstill.watch`` is a task of the edge's: it outlives ``run``.
    """

    def __init__(
        self,
        edge: str,
        site: str,
        version: str,
        spool: Spool,
        relay: Relay,
        address: BrokerAddress,
        *,
        alarm: Alarm,
        own: OwnReadings,
        commands: Callable[[bytes, str], Awaitable[None]],
        announce: Callable[[Connection], Awaitable[None]],
    ) -> None:
        self.edge = edge
        self.site = site
        self.version = version
        self.spool = spool
        self.relay = relay
        self.address = address
        self.standstill = Standstill(spool, relay, alarm, own.stalled)
        self._alarm = alarm
        self._own = own
        self._commands = commands
        self._announce = announce
        self._told: deque[Receipt | PartitionState] = deque()  # in the order in which they came
        self._told_more = asyncio.Event()
        self._commanded: asyncio.Queue[Incoming] = asyncio.Queue(100)
        self._connection: Connection | None = None
        self._store, self._term = "", -1
        self._want = _Want(("", 0, 0))

    async def run(self) -> None:
        """One connection's life; raises BusUnavailable when it ends."""
        connection = await connect(
            self.address,
            f"epihub-edge-{self.edge}",
            clean=True,
            will=Will(state_topic(self.site, self.edge), self._state("OFFLINE", "connection lost")),
            on_messages=self._heard,
            on_published=self.relay.on_published,
        )
        self._connection = connection
        try:
            await self._live(connection)
        finally:
            self.relay.lost()
            self.standstill.line_lost()
            self._told.clear()
            self._connection, self._store, self._term = None, "", -1
            await self._leave(connection)

    async def _live(self, connection: Connection) -> None:
        """The receipt first: a spool that is a copy must know it before it publishes under used numbers."""
        await connection.subscribe(receipt_topic(self.edge), f"epihub/v1/cmd/+/{self.edge}/+")
        await connection.subscribe(hub_topic(partition_of(self.edge)))
        await connection.publish_one(
            state_topic(self.site, self.edge), self._state("ONLINE", "connected"), retain=True
        )
        await self._announce(connection)
        self.relay.counters.line(True, now_ms())
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.relay.run(connection), name="relay")
                tasks.create_task(self._ask_for_hub(connection), name="ask-for-hub")
                tasks.create_task(self._follow_told(), name="receipts")
                tasks.create_task(self._follow_commands(), name="commands")
                tasks.create_task(_end_with(connection), name="connection")
        except* (BusUnavailable, NotCommitted) as errors:  # a new connection brings what could not be kept
            raise BusUnavailable(str(errors.exceptions[0])) from None

    async def _ask_for_hub(self, connection: Connection) -> None:
        """Subscribe again until the hub's birth was heard: that makes the broker send what is retained.

        A birth that crosses our SUBSCRIBE can be lost: NATS 2.15 then sends it neither as a new message
        nor as a retained one (seen in one start of five, where edge and hub start together).
        """
        pause = FIRST_QUESTION_SECONDS
        while not self.relay.knows_hub:
            await asyncio.sleep(pause)
            if not self.relay.knows_hub:
                await connection.subscribe(hub_topic(partition_of(self.edge)))
            pause = min(2 * pause, LONGEST_QUESTION_SECONDS)

    async def publish_state(self, topic: str, payload: bytes) -> None:
        """A retained state, when the bus is there; on the next connection ``announce`` tells it anyway."""
        if self._connection:
            try:
                await self._connection.publish_one(topic, payload, retain=True)
            except BusUnavailable:
                log.info("state not published", extra={"reason": "connection lost"})

    async def _leave(self, connection: Connection) -> None:
        """A clean end publishes no will: say it ourselves, if the line still stands."""
        try:
            async with asyncio.timeout(1):
                state = self._state("OFFLINE", "stopped")
                await connection.publish_one(state_topic(self.site, self.edge), state, retain=True)
        except (BusUnavailable, TimeoutError):
            pass  # the line is gone: the broker publishes the will
        await connection.close()

    def _state(self, state: str, reason: str) -> bytes:
        return encode_json(EdgeState(state, self.spool.session, self.version, format_time(now_ms()), reason))

    def _heard(self, messages: list[Incoming]) -> None:
        for message in messages:
            try:
                self._take(message)
            except (msgspec.DecodeError, UnicodeDecodeError):
                log.warning("bad message on the bus", extra={"topic": message.topic})
        if self._connection:
            self._connection.acknowledge([message for message in messages if message.packet_id])

    def _take(self, message: Incoming) -> None:
        if message.topic == receipt_topic(self.edge):
            self._tell(_receipt(message.payload))
        elif message.topic.startswith("epihub/v1/hub/"):
            self._tell(_partition_state(message.payload))
        elif not self._commanded.full():
            self._commanded.put_nowait(message)

    def _hub_heard(self, state: PartitionState) -> None:
        if state.store == self._store and state.term < self._term:
            return  # terms of one store only: a store that was restored counts again from its copy's
        self._store, self._term = state.store, state.term
        self.standstill.hub_heard(state.state == "online")
        self.relay.hub_seen(state.state == "online")

    def _tell(self, told: Receipt | PartitionState) -> None:
        self._told.append(told)
        self._told_more.set()

    async def _follow_told(self) -> None:
        while True:
            await self._told_more.wait()
            self._told_more.clear()
            while self._told:
                told = self._told.popleft()
                if isinstance(told, PartitionState):
                    self._hub_heard(told)
                elif not (self._told and _overtakes(self._told[0], told)):
                    await self._apply(told)

    async def _apply(self, receipt: Receipt) -> None:
        self.relay.counters.receipts += 1
        verdict = await self.spool.receive(receipt)
        self._report(receipt, verdict)
        if verdict.kind in ("UNKNOWN", "STALE"):
            return
        if verdict.kind == "RENUMBERED":
            await self.relay.reload()
            return
        await self.relay.receipted(receipt.epoch, verdict.receipt_seq, resend=verdict.resend)
        if receipt.want and receipt.epoch == self.relay.epoch.epoch:
            await self._wanted(receipt.epoch, *receipt.want)

    def _report(self, receipt: Receipt, verdict: Verdict) -> None:
        if verdict.kind == "RENUMBERED":
            self._own.spool_restored()
            self._alarm(
                "spool.restored", "warning", "the spool is older than its receipts; a new epoch was opened"
            )
        elif verdict.kind == "REWOUND":
            self._alarm(
                "hub.restored", "warning", f"the hub's store is older; sending again from {receipt.seq + 1}"
            )
        elif verdict.resend:
            log.warning(
                "bus forgot the hub's session; sending again", extra={"from_seq": verdict.receipt_seq + 1}
            )

    async def _wanted(self, epoch: str, first: int, last: int) -> None:
        """Send a gap again. Named once more means: after it went out again, and had time to arrive."""
        now = asyncio.get_running_loop().time()
        if self._want.rows != (epoch, first, last):
            self._want = _Want((epoch, first, last))
        elif now - self._want.heard_at < self._want.pause:
            return
        if not self.relay.want(first, last):
            return
        self._want.heard_at = now
        self._want.named += 1
        if first == last and self._want.named == HOPELESS_WANTS:
            if await self.spool.quarantine_unsendable(self.relay.epoch.number, first):
                self._alarm("spool.unsendable", "critical", f"row {first} cannot be carried by the bus")
            self.relay.want(first, last)

    async def _follow_commands(self) -> None:
        while True:
            message = await self._commanded.get()
            await self._commands(message.payload, message.topic.rpartition("/")[2])


def _overtakes(following: Receipt | PartitionState, receipt: Receipt) -> bool:
    """Whether ``following`` says all that ``receipt`` says, and newer."""
    if receipt.want or not isinstance(following, Receipt):
        return False
    return (following.epoch, following.link, following.store) == (receipt.epoch, receipt.link, receipt.store)


async def _end_with(connection: Connection) -> None:
    raise BusUnavailable(await connection.lost())
