"""The hub: store, sink, and the one who sends commands to edges."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from hub.alarms.rules import Profile
from hub.clock import now_ms
from hub.errors import BusUnavailable, OperatorError, StoreUnavailable
from hub.events import PARTITIONS, command_topic, format_time
from hub.lists import ALARM_ANSWERS, ALARM_RULES
from hub.mqtt.connection import BrokerAddress, Connection, connect
from hub.notify.channels.opening import senders_of
from hub.notify.settings import NotifySettings
from hub.payloads import CommandResult
from hub.runtime.alarm_answers import AnswerList
from hub.runtime.alarm_ledger import AlarmLedger
from hub.runtime.alarm_runner import AlarmRunner
from hub.runtime.camera_maintenance import CameraMaintenance
from hub.runtime.edge_watch import EdgeWatch
from hub.runtime.heartbeat import Heartbeat
from hub.runtime.herald import Herald
from hub.runtime.hub_place import HubPlace
from hub.runtime.hub_pulse import HubPulse
from hub.runtime.list_herald import ListHerald, Make
from hub.runtime.notifier import Notifier
from hub.runtime.people_lists import PeopleLists
from hub.runtime.rules_published import RulesPublished
from hub.sink.sink import Sink
from hub.supervisor import FAST, Backoff, keep_running
from hub.wire import Command, encode_json
from storage.contract import Arrival, Batch, EventStore, StoreReader

MAINTENANCE_SECONDS = 2.0
# While there is more to do, batches have the store three quarters of the time: a slice takes about 7 ms.
BETWEEN_SLICES_SECONDS = 0.02
COMMAND_SECONDS = 10.0
OPEN_AGAIN_SECONDS = 1.0
log = logging.getLogger(__name__)


class NoAnswer(OperatorError):
    """A command ended without a word of its edge; it expires by itself."""


class Hub:
    """``run`` serves until cancelled, or until the store is broken: it raises StoreBroken then.

    Without ``open_reader`` it has no ledger of alarms and publishes no events of its own; without
    ``lists_dir`` no lists of people.
    """

    def __init__(
        self,
        store: EventStore,
        address: BrokerAddress,
        *,
        partitions: Sequence[int] = range(PARTITIONS),
        open_reader: Callable[[], StoreReader] | None = None,
        profiles: Iterable[Profile] = (),
        notify: NotifySettings | None = None,
        place: HubPlace | None = None,
        lists_dir: Path | None = None,
    ) -> None:
        self.store = store
        self.place = place or HubPlace()
        self.sink = Sink(store, address, partitions, self._stored, self._born)
        self.alarms: AlarmLedger | None = None
        self.alarm_runner: AlarmRunner | None = None
        self.notifier: Notifier | None = None
        self.heartbeat: Heartbeat | None = None
        self.herald: Herald | None = None
        self._edges: EdgeWatch | None = None
        self._pulse: HubPulse | None = None
        self.lists: ListHerald | None = None
        self.people: PeopleLists | None = None
        self.cameras: CameraMaintenance | None = None
        if open_reader:
            rules = tuple(profiles)
            told = notify or NotifySettings()
            self.alarms = AlarmLedger(store, open_reader, lambda _: self._born(), notify=told)
            self.notifier = Notifier(self.alarms, open_reader, told, senders_of(told))
            self.heartbeat = Heartbeat(told.heartbeat_url, told.heartbeat_file, self._works)
            self.alarm_runner = AlarmRunner(
                self.alarms, open_reader, rules, power=self.place.power, beside=self.place.beside
            )
            self.people = PeopleLists(lists_dir, open_reader, now_ms) if lists_dir else None
            self.lists = self._make_lists(address, rules, self.alarms, self.people)
            self.herald = Herald(store, open_reader, address)
            self.cameras = self._make_cameras(self.alarms, open_reader)
            self._edges = EdgeWatch(address, open_reader, self.bear, self.place.edges)
            self._pulse = HubPulse(self.place.site, self.bear)
        self._address = address
        self._commands: dict[str, asyncio.Future[CommandResult]] = {}
        self._connection: Connection | None = None
        self._opened = False

    def _make_cameras(self, alarms: AlarmLedger, open_reader: Callable[[], StoreReader]) -> CameraMaintenance:
        made = CameraMaintenance(self.command, alarms.services, open_reader)
        alarms.follow(made.heard)
        return made

    async def open(self) -> None:
        """Open the store; raises OperatorError. One that is away is tried again by ``run``."""
        try:
            await self.store.open()
            await self.sink.open()
        except StoreUnavailable as error:
            log.error("the store cannot be opened", extra={"reason": str(error)})
            self.sink.counters.store_failure = str(error)
        else:
            self.sink.counters.store_failure = ""
            self._opened = True

    async def run(self) -> None:
        while not self._opened:
            await asyncio.sleep(OPEN_AGAIN_SECONDS)
            await self.open()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.sink.run(), name="sink")
                tasks.create_task(self._maintain(), name="maintenance")
                if self.alarms and self.alarm_runner:
                    tasks.create_task(self.alarms.run(), name="shelves")
                    tasks.create_task(self._judge(self.alarm_runner), name="alarms")
                if self.notifier and self.heartbeat:
                    tasks.create_task(self.notifier.run(), name="notices")
                    tasks.create_task(self.heartbeat.run(), name="heartbeat")
                if self.lists:
                    tasks.create_task(self._keep("lists", self.lists.run), name="lists")
                if self.cameras:
                    tasks.create_task(self.cameras.run(), name="cameras")
                if self.herald:
                    tasks.create_task(self._keep("herald", self.herald.run), name="herald")
                if self._edges and self._pulse:
                    tasks.create_task(self._keep("edges", self._edges.run), name="edges")
                    tasks.create_task(self._pulse.run(), name="pulse")
                tasks.create_task(self._keep("commands", self._command_line), name="commands")
                for number, partition in self.sink.partitions.items():
                    tasks.create_task(
                        self._keep(f"partition-{number}", partition.run), name=f"partition[{number}]"
                    )
        finally:
            await self.store.close()

    async def ready(self) -> None:
        """All partitions are held: whoever publishes now is heard."""
        for partition in self.sink.partitions.values():
            await partition.connected.wait()

    @property
    def partitions_held(self) -> int:
        return sum(partition.connected.is_set() for partition in self.sink.partitions.values())

    async def command(
        self, site: str, edge: str, device: str, action: str, args: dict[str, Any], by: str, name: str = ""
    ) -> CommandResult:
        """Send and wait for its end; raises NoAnswer when the edge does not answer in 10 s.

        ``name``: its id, of somebody who has noted it before.
        """
        if self._connection is None:
            raise NoAnswer("the bus is away; nothing was sent")
        at_ms = now_ms()
        expires = format_time(at_ms + int(COMMAND_SECONDS * 1000))
        command = Command(name or secrets.token_hex(8), format_time(at_ms), expires, by, action, args)
        ended: asyncio.Future[CommandResult] = asyncio.get_running_loop().create_future()
        self._commands[command.id] = ended
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                await self._connection.publish_one(command_topic(site, edge, device), encode_json(command))
                return await ended
        except (TimeoutError, BusUnavailable) as error:
            raise NoAnswer(f"{edge} does not answer; the command expires by itself") from error
        finally:
            del self._commands[command.id]

    def _works(self) -> bool:
        """A store that is away, or alarms that stand still, are as bad as a hub that is dead."""
        judging = not (self.alarm_runner and self.alarm_runner.figures.failure)
        return self._opened and judging and not self.sink.store_trouble

    async def _judge(self, runner: AlarmRunner) -> None:
        """That it is there again is in the log before it judges what it did not hear."""
        if self._pulse:
            await self._pulse.begin()
        await runner.run()

    async def bear(self, arrivals: Sequence[Arrival]) -> None:
        """Events of the hub's own, on disk when it returns; raises StoreUnavailable."""
        await self.store.write(Batch(self.store.term, arrivals, received_ms=now_ms()))
        self._born()
        self._stored(arrivals)

    @staticmethod
    def _make_lists(
        address: BrokerAddress, rules: Iterable[Profile], alarms: AlarmLedger, people: PeopleLists | None
    ) -> ListHerald:
        """What edges must know that judge and decide by themselves."""
        lists: dict[str, Make] = {
            ALARM_RULES: RulesPublished(alarms, rules).published,
            ALARM_ANSWERS: AnswerList(alarms).published,
        }
        return ListHerald(address, lists | (people.published() if people else {}))

    def _born(self) -> None:
        if self.lists:
            self.lists.changed()
        if self.herald:
            self.herald.grown()

    def _stored(self, arrivals: Sequence[Arrival]) -> None:
        if self.alarm_runner:
            self.alarm_runner.grown()
        if self.people and self.lists and self.people.positives.stored(arrivals):
            self.lists.changed()
        for arrival in arrivals:
            if isinstance(arrival.payload, CommandResult):
                waiting = self._commands.get(arrival.payload.command)
                if waiting and not waiting.done():
                    waiting.set_result(arrival.payload)

    async def _command_line(self) -> None:
        connection = await connect(
            self._address, "epihub-hub-commands", clean=True, on_messages=lambda _: None
        )
        self._connection = connection
        try:
            raise BusUnavailable(await connection.lost())
        finally:
            self._connection = None
            await connection.close()

    async def _keep(self, name: str, work: Any) -> None:
        retried = (BusUnavailable, StoreUnavailable)  # a full disk must not end the edge beside us
        await keep_running(work, name=name, retried=retried, backoff=FAST)

    async def _maintain(self) -> None:
        async def once() -> None:
            while True:
                more = await self.store.maintain(now_ms())
                await asyncio.sleep(BETWEEN_SLICES_SECONDS if more else MAINTENANCE_SECONDS)

        await keep_running(once, name="maintenance", retried=StoreUnavailable, backoff=Backoff(10, 60))
