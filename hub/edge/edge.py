"""An edge, assembled: spool, link to the bus, and one supervised task for each device link."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Hashable
from functools import partial
from typing import Any

from hub.contract import Adapter, DeviceConfig, DeviceState, Frame
from hub.edge.capture_commands import CaptureCommands
from hub.edge.command_shelf import CommandShelf
from hub.edge.commands import Commands
from hub.edge.device_pictures import EdgePictures
from hub.edge.devices import Device, DeviceBook
from hub.edge.edge_settings import EdgeSettings
from hub.edge.encoder import EDGE_ITSELF, Origin, note, skip_note
from hub.edge.forward import Forward
from hub.edge.forward_lines import ForwardCounters, ForwardSettings, counting, opener
from hub.edge.in_common import InCommon
from hub.edge.link import EdgeLink
from hub.edge.outlet import DeviceOutlet
from hub.edge.own_events import OwnVoice
from hub.edge.own_readings import OwnReadings
from hub.edge.people_kept import PeopleKept
from hub.edge.people_line import PeopleLine
from hub.edge.quota_watch import QuotaWatch
from hub.edge.relay import Relay
from hub.edge.screens import Screens
from hub.edge.short_captures import end_short_captures
from hub.edge.visit_key_end import destroy_visit_keys
from hub.errors import BusUnavailable, DeviceUnavailable, NotCommitted, StoreUnavailable
from hub.events import event_topic, format_time, state_topic
from hub.metrics import Histogram
from hub.mqtt.connection import Connection, Outgoing
from hub.payloads import CommandResult, Skipped
from hub.spool import EventRecord, Spool
from hub.streams.clock import now_ms
from hub.streams.surroundings import Surroundings, current
from hub.supervisor import FAST, Backoff, keep_running
from hub.vault import Vault
from hub.wire import EdgeState, encode_json

UPKEEP_SECONDS = 1.0
log = logging.getLogger(__name__)

AdapterClass = Callable[[DeviceConfig], type[Adapter[Any]]]


class Edge:
    """``run`` serves until cancelled; it raises when the spool can no longer be written."""

    def __init__(
        self, settings: EdgeSettings, devices: tuple[DeviceConfig, ...], adapter_class: AdapterClass
    ) -> None:
        self.settings = settings
        self.vault = Vault(settings.keys)
        self.pseudonyms = self.vault.edge_pseudonyms(now_ms, settings.visit_keep_days)
        self._in_common = InCommon()
        self.people = PeopleKept(settings.keys.parent, self.pseudonyms.key_id, now_ms)
        self._people_line = PeopleLine(settings.address, settings.id, self.people, now_ms)
        self.origin = Origin(settings.site, settings.id, EDGE_ITSELF)
        self.spool = Spool(settings.spool_path, self.vault.sealer(), self._make_skip, settings.limits)
        self.relay = Relay(self.spool, self._declare_pruned)
        self.book = DeviceBook(self._state_changed, now_ms)
        self.screens = Screens(lambda: self.spool.session)
        keep_hours = settings.event_picture_keep_hours
        self.pictures = EdgePictures(settings.keys.parent, self.vault.sealer, keep_hours)
        self.outlets: dict[str, DeviceOutlet] = {}
        self.adapters: dict[str, Adapter[Any]] = {}
        self.forwards: dict[str, Forward] = {}
        self.durations: defaultdict[str, Histogram] = defaultdict(Histogram)
        self.surroundings = Surroundings(f"epihub-{settings.id}", settings.device_bus)
        self._configs = devices
        self._adapter_class = adapter_class
        self.voice = OwnVoice(self.spool, self.origin)
        self.captures = CaptureCommands(self.spool, self.adapters, self.outlets)
        self._quota = QuotaWatch(self.voice.alarm)
        self._own = OwnReadings(self.voice.read, now_ms)
        self._states: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(10_000)
        self.link = EdgeLink(
            settings.id,
            settings.site,
            settings.version,
            self.spool,
            self.relay,
            settings.address,
            alarm=self.voice.alarm,
            own=self._own,
            commands=Commands(
                {"quarantine.replay": self.captures.replay, "quarantine.discard": self.captures.discard},
                self._report,
                now_ms,
                self._shelf_of,
            ),
            announce=self._announce,
        )

    async def open(self) -> None:
        """Open the spool and build the adapters; raises ConfigError or OperatorError."""
        await self.spool.open()
        await self.people.open()
        if self.spool.session > 1:
            self._own.begin(self.spool.figures().share)
        current.set(self.surroundings)
        for config in self._configs:
            self._build(config)
        for wanted in self.settings.forwards:
            self._build_forward(wanted)

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._end_with_spool(), name="spool")
                tasks.create_task(self._upkeep(), name="upkeep")
                tasks.create_task(self._people_line.serve(), name="people-lists")
                tasks.create_task(destroy_visit_keys(self.pseudonyms, self.voice.alarm), name="visit-keys")
                tasks.create_task(
                    end_short_captures(self.spool, self.adapters, self.captures), name="captures"
                )
                tasks.create_task(self.pictures.run(), name="pictures")
                tasks.create_task(self._publish_states(), name="states")
                tasks.create_task(
                    keep_running(
                        self.link.run,
                        name="edge-link",
                        retried=BusUnavailable,
                        backoff=FAST,
                        failed=self._line_failed,
                    ),
                    name="link",
                )
                tasks.create_task(self.link.standstill.watch(), name="standstill")
                for forward in self.forwards.values():
                    tasks.create_task(forward.run(), name=f"forward[{forward.settings.id}]")
                for members in self._links():
                    name = ",".join(member.config.id for member in members)
                    tasks.create_task(self._serve(members, name), name=f"device[{name}]")
        finally:
            await self.spool.close()

    def _build(self, config: DeviceConfig) -> None:
        profile, gateway = getattr(config, "profile", None), config.hangs_on(self.settings.id)
        device = self.book.add(Device(config.id, config.site, config.kind, profile, gateway))
        forwards = [each for each in self.settings.forwards if each.device == config.id]
        asked = next((each.id for each in forwards if each.takes_queries), "")
        outlet = DeviceOutlet(
            self.spool,
            self.pseudonyms,
            Origin(config.site, self.settings.id, config.id),
            config.kind,
            lambda state, reason: self.book.tell(device, state, reason),
            lambda at_ms: self.book.spoke(device, at_ms),
            self.durations[config.kind],
            tuple(each.id for each in forwards),
            partial(self._ask, asked) if asked else None,
            asked,
            lambda offset_seconds: self.book.clock(device, offset_seconds),
            self.screens.show,
            self._in_common,
            self.people.of,
            self.pictures.of(config.id, kept=getattr(config, "snapshot", False)),
        )
        self.outlets[config.id] = outlet
        self.adapters[config.id] = self._adapter_class(config)(config, outlet)

    async def _ask(self, forward: str, query: Frame) -> bytes:
        return await self.forwards[forward].ask(query)

    def _build_forward(self, wanted: ForwardSettings) -> None:
        adapter, counters = self.adapters[wanted.device], ForwardCounters()
        takes = adapter.takes_passed_orders and not wanted.is_folder
        pass_on = counting(adapter.pass_on, counters) if takes else None
        open_line = opener(wanted, adapter.senders(), pass_on)
        self.forwards[wanted.id] = Forward(
            wanted, self.spool, open_line, self.voice.alarm, counters, stands=takes
        )

    def _links(self) -> list[list[Adapter[Any]]]:
        """Devices that share a link are served together."""
        links: dict[Hashable, list[Adapter[Any]]] = defaultdict(list)
        for name, adapter in self.adapters.items():
            link = adapter.link()
            links[(type(adapter), link) if link is not None else name].append(adapter)
        return list(links.values())

    async def _serve(self, members: list[Adapter[Any]], name: str) -> None:
        async def serve() -> None:
            if len(members) == 1 and members[0].link() is None:
                await members[0].run()
            else:
                await type(members[0]).run_shared(members)

        def failed(reason: str) -> None:
            for member in members:
                self.book.tell(self.book.devices[member.config.id], "OFFLINE", reason)

        await keep_running(
            serve, name=f"device[{name}]", retried=DeviceUnavailable, backoff=Backoff(0.5, 30), failed=failed
        )

    def _line_failed(self, reason: str) -> None:
        self.relay.counters.line_trouble = reason

    async def _end_with_spool(self) -> None:
        raise StoreUnavailable(await self.spool.broken())

    async def _upkeep(self) -> None:
        while True:
            await asyncio.sleep(UPKEEP_SECONDS)
            self.screens.forget()
            try:
                await self.spool.upkeep(now_ms())
                await self._expire_forwards()
                await self.spool.orders.expire(now_ms())
                for outlet in self.outlets.values():
                    await outlet.shelf.expire()
            except NotCommitted as error:
                log.warning("upkeep not done", extra={"reason": str(error)})
            share = self.spool.figures().share
            if self._quota.look(share):
                self._tell_states()
            self._own.spool_used(share)
            self.voice.tell_untold()

    def _tell_states(self) -> None:
        """What was thinned out is told as it is now."""
        for device in self.book.devices.values():
            self._state_changed(device)

    async def _expire_forwards(self) -> None:
        """Captures stay while they are owed, but not for ever: both ends are told."""
        if not self.spool.forwards.holds:
            return
        ended = await self.spool.forwards.expire(now_ms())
        if ended.changed:
            self.voice.alarm(
                "forward.dead_letter", "critical", f"{ended.changed} messages waited too long to be sent"
            )
        if ended.lost:
            self.voice.alarm(
                "forward.lost", "critical", f"{ended.lost} messages were never delivered and are gone"
            )

    def _state_changed(self, device: Device) -> None:
        at_ms = now_ms()
        origin = Origin(device.site, self.settings.id, device.id)
        self.voice.note(device.status(), f"{device.id}/status", origin, at_ms)
        if not self._states.full():
            self._states.put_nowait(self._retained(device))

    def _retained(self, device: Device) -> tuple[str, bytes]:
        state = EdgeState(
            device.state,
            self.spool.session,
            self.settings.version,
            format_time(device.since_ms),
            device.reason,
        )
        return state_topic(device.site, self.settings.id, device.id), encode_json(state)

    async def _publish_states(self) -> None:
        while True:
            await self.link.publish_state(*await self._states.get())

    async def _announce(self, connection: Connection) -> None:
        for device in self.book.devices.values():
            topic, payload = self._retained(device)
            await connection.publish_one(topic, payload, retain=True)

    def _shelf_of(self, device: str) -> CommandShelf | None:
        outlet = self.outlets.get(device)
        return outlet.shelf if outlet else None

    async def _report(self, result: CommandResult) -> None:
        await self.spool.commit([note(self.origin, result, result.command, now_ms())])

    def _make_skip(
        self, epoch: str, first: int, last: int, class_: str, reason: str, count: int
    ) -> EventRecord:
        skipped = Skipped(first, last, class_, reason, count, epoch)
        return skip_note(self.origin, skipped, now_ms())

    def _declare_pruned(self, connection: Connection, epoch: str, first: int, last: int) -> None:
        """Rows the hub wants and we no longer have: said outside the numbering (design 3)."""
        skipped = Skipped(first, last, "receipted", "pruned", last - first + 1, epoch)
        record = skip_note(self.origin, skipped, now_ms())
        topic = event_topic(self.settings.site, self.settings.id, EDGE_ITSELF, Skipped.TYPE)
        connection.publish([Outgoing(topic, record.body, -1)])
        log.warning("rows are gone", extra={"from_seq": first, "to_seq": last})


__all__ = ["DeviceState", "Edge", "EdgeSettings"]
