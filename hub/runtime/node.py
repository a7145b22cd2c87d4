"""One process of epihub: broker, hub and edge as its roles say, and the API as its child."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from hub.broker.exclusive import check_port
from hub.config.kinds import Kinds
from hub.config.models import Config
from hub.control import SOCKET, Answer, Handler, serve_control
from hub.edge.edge import Edge
from hub.errors import BusUnavailable, OperatorError
from hub.health import merged
from hub.metrics import render
from hub.runtime.child import Child, ChildEnded
from hub.runtime.console_place import EDGE_SOCKET, api_of
from hub.runtime.data_dir_lock import alone_in
from hub.runtime.edge_socket import edge_calls
from hub.runtime.health_and_metrics import Observer
from hub.runtime.http_ingest import ingest_call
from hub.runtime.hub_beside_edge import HubBeside
from hub.runtime.process_beside import ProcessBeside
from hub.runtime.wiring import Wiring

if TYPE_CHECKING:  # beside a hub of its own process, this one needs nothing of it
    from hub.runtime.hub import Hub
from hub.supervisor import FAST, Backoff, keep_running

Role = Literal["edge", "hub"]
HUB_SOCKET = "hub.sock"
log = logging.getLogger(__name__)


class NeededPort(NamedTuple):
    """Without it there is no point in starting; ``remedy`` is what a person may do when it is taken."""

    who: str
    host: str
    port: int
    remedy: str


class Node:
    """``ready`` is set when everything listens; ``extra`` are further tasks (the demo's simulators).

    ``ports`` are looked at before anything starts; without them, the API's is.
    """

    def __init__(
        self,
        config: Config,
        roles: frozenset[Role],
        *,
        with_api: bool = True,
        extra: Mapping[str, Callable[[Wiring], Awaitable[None]]] | None = None,
        ports: Sequence[NeededPort] = (),
    ) -> None:
        self.config = config
        self.roles = roles
        self.ready = asyncio.Event()
        self.with_api = with_api and "hub" in roles  # without it a hub is not ready; an edge is
        self._api_wanted = with_api
        self.extra = extra or {}
        self.ports = ports
        self.edge: Edge | None = None
        self.hub: Hub | None = None
        self.beside: ProcessBeside | None = None  # the hub, or alarms of an edge that is apart
        self.projector: ProcessBeside | None = None
        self.deliverer: ProcessBeside | None = None
        self.api: Child | None = None
        self.broker_pid: Callable[[], int | None] = lambda: None

    @property
    def control_path(self) -> Path:
        return self._socket(SOCKET if "hub" in self.roles else EDGE_SOCKET)

    def _socket(self, name: str) -> Path:
        return self.config.hub.data_dir.resolve() / name

    async def run(self) -> None:
        """Until cancelled; raises ConfigError or OperatorError when it cannot start."""
        data_dir = self.config.hub.data_dir
        with ExitStack() as locks:
            for role in sorted(self.roles):
                locks.enter_context(alone_in(data_dir, role))
            wiring = Wiring.of(self.config)
            try:
                async with asyncio.TaskGroup() as tasks:
                    await self._start(tasks, wiring)
            except* OperatorError as errors:
                raise OperatorError(str(errors.exceptions[0])) from None

    async def _start(self, tasks: asyncio.TaskGroup, wiring: Wiring) -> None:
        for needed in self._needed_ports():
            await check_port(needed.host, needed.port, needed.who, needed.remedy)
        if "hub" in self.roles and self.config.embedded_broker:
            await self._start_broker(tasks, wiring)
        if len(self.roles) > 1:
            self._start_hub_beside(tasks, wiring)
        elif "hub" in self.roles:
            await self._start_hub(tasks, wiring)
        if "edge" in self.roles:  # not after the hub: a store that is migrated or hangs holds up no device
            await self._start_edge(tasks, wiring)
        if "hub" in self.roles:
            self._start_followers(tasks, wiring)
        process = "up" if len(self.roles) > 1 else next(iter(self.roles))
        observer = Observer(process, self.edge, self.hub, self._bus_certificate)
        tasks.create_task(observer.run(), name="observer")
        tasks.create_task(serve_control(self.control_path, self._calls(observer, wiring)), name="control")
        if self._api_wanted:
            self._start_api(tasks, wiring)
        for name, work in self.extra.items():
            tasks.create_task(_supervised(work, wiring, name), name=name)
        if self.beside and "hub" in self.roles:
            await self.beside.ready.wait()
        self.ready.set()

    def _start_api(self, tasks: asyncio.TaskGroup, wiring: Wiring) -> None:
        api = api_of(self.roles, self.config.hub.data_dir.resolve())
        if api is None:
            log.info("no console of its own: that of the hub in this data directory shows this edge")
            return
        settings = json.dumps(wiring.api_settings(api)).encode()
        self.api = child = Child("api", "api.server", ["--settings", "-"], settings)

        async def serve() -> None:
            if api.role == "edge":
                await self._free_port()
            await child.run()

        tasks.create_task(
            keep_running(serve, name="api", retried=ChildEnded, backoff=Backoff(0.5, 30)), name="api"
        )

    async def _free_port(self) -> None:
        """An edge goes on without its console while somebody has the port; raises ChildEnded."""
        try:
            await check_port(self.config.api.host, self.config.api.port, "the API", "see [api] port")
        except OperatorError as error:
            raise ChildEnded(str(error)) from error

    def _needed_ports(self) -> Sequence[NeededPort]:
        if self.ports or not self.with_api:
            return self.ports
        api = self.config.api
        return (NeededPort("the API", api.host, api.port, "see [api] port"),)

    async def _start_broker(self, tasks: asyncio.TaskGroup, wiring: Wiring) -> None:
        broker = wiring.broker()
        self.broker_pid = lambda: broker.pid
        tasks.create_task(
            keep_running(broker.run, name="broker", retried=BusUnavailable, backoff=FAST), name="broker"
        )
        await broker.ready.wait()

    async def _start_hub(self, tasks: asyncio.TaskGroup, wiring: Wiring) -> None:
        settings = wiring.hub_settings(self._socket(HUB_SOCKET))
        from hub.runtime.hub import Hub

        self.hub = Hub(
            settings.store(),
            wiring.address("hub"),
            open_reader=settings.reader,
            profiles=settings.profiles,
            notify=settings.notify,
            place=settings.place,
            lists_dir=settings.lists_dir,
        )
        await self.hub.open()
        tasks.create_task(self.hub.run(), name="hub")

    def _start_hub_beside(self, tasks: asyncio.TaskGroup, wiring: Wiring) -> None:
        """In a process of its own, so that no ACK of the edge waits for the store (ADR 6)."""
        self.beside = HubBeside(wiring.hub_settings(self._socket(HUB_SOCKET)))
        tasks.create_task(self.beside.run(), name="hub")

    def _start_followers(self, tasks: asyncio.TaskGroup, wiring: Wiring) -> None:
        if self.config.projections:
            self._start_projector(tasks, wiring)
        self._start_deliverer(tasks, wiring)

    def _start_projector(self, tasks: asyncio.TaskGroup, wiring: Wiring) -> None:
        """A hub without projections does not load them."""
        from hub.runtime.projection_wiring import projector_settings
        from hub.runtime.projector_beside import ProjectorBeside

        hub_socket = self._socket(HUB_SOCKET) if len(self.roles) > 1 else self.control_path
        self.projector = projector = ProjectorBeside(
            projector_settings(wiring, hub_socket, self.control_path)
        )

        async def project() -> None:
            if self.beside:  # the hub, which is to settle what is written
                await self.beside.ready.wait()
            await projector.run()

        tasks.create_task(project(), name="projector")

    def _start_deliverer(self, tasks: asyncio.TaskGroup, wiring: Wiring) -> None:
        """Its process begins with the first destination or webhook."""
        from hub.runtime.deliverer_beside import DelivererBeside
        from hub.runtime.destination_wiring import deliverer_settings

        hub_socket = self._socket(HUB_SOCKET) if len(self.roles) > 1 else self.control_path
        settings = deliverer_settings(wiring, hub_socket)
        self.deliverer = deliverer = DelivererBeside(settings, self.config.hub.data_dir.resolve())

        async def deliver() -> None:
            if self.beside:  # the hub, which is to settle what was taken
                await self.beside.ready.wait()
            await deliverer.run()

        tasks.create_task(deliver(), name="deliverer")

    async def _start_edge(self, tasks: asyncio.TaskGroup, wiring: Wiring) -> None:
        kinds = Kinds.installed()
        self.edge = Edge(
            wiring.edge_settings(), self.config.devices, lambda device: kinds.adapter(device.kind)
        )
        await self.edge.open()
        tasks.create_task(self.edge.run(), name="edge")
        if "hub" not in self.roles and self.config.local_alarms:
            from hub.runtime.edge_alarms_beside import EdgeAlarmsBeside

            self.beside = EdgeAlarmsBeside(wiring.edge_alarm_settings())
            tasks.create_task(self.beside.run(), name="edge-alarms")

    @property
    def _bus_certificate(self) -> Path | None:
        ours = "hub" in self.roles and self.config.embedded_broker
        return self.config.bus.tls_cert_file if ours else None

    @property
    def _besides(self) -> list[ProcessBeside]:
        return [each for each in (self.beside, self.projector, self.deliverer) if each]

    def _broker_part(self) -> dict[str, Answer]:
        """The embedded broker as a component; while it is away the spools wait, so nothing is lost."""
        if not ("hub" in self.roles and self.config.embedded_broker):
            return {}
        if self.broker_pid():
            return {"broker": {"state": "ok", "reason": ""}}
        return {"broker": {"state": "degraded", "reason": "the broker is starting again"}}

    def _calls(self, observer: Observer, wiring: Wiring) -> dict[str, Handler]:
        own = observer.calls()

        async def metrics() -> Answer:
            beside = [await each.figures() for each in self._besides]
            return {"text": render(chain(observer.registry.snapshot(), *beside))}

        async def health() -> Answer:
            report = merged(observer.report(), self._broker_part())
            for each in self._besides:
                report = merged(report, await each.components())
            return report

        async def processes() -> Answer:
            beside = {each.child.name: each.child.pid for each in self._besides}
            api = self.api.pid if self.api else 0
            return {"api": api, "broker": self.broker_pid() or 0, "hub": 0, **beside}

        calls = own | {"metrics": metrics, "health": health, "processes": processes}
        if self.edge:
            calls |= edge_calls(self.edge) | {"ingest": ingest_call(self.edge)}
            if "hub" not in self.roles and self.beside:
                from hub.runtime.edge_alarm_words import word_calls

                calls |= word_calls(self.edge)
        if self.hub:
            from hub.runtime.hub_socket import hub_calls

            settings = wiring.hub_settings(self._socket(HUB_SOCKET))
            calls |= hub_calls(self.hub, settings.reader, settings.timezone, Path(settings.data_dir))
        for each in self._besides:
            calls |= each.calls()
        return calls


async def _supervised(work: Callable[[Wiring], Awaitable[None]], wiring: Wiring, name: str) -> None:
    async def once() -> Any:
        await work(wiring)

    await keep_running(once, name=name, retried=ChildEnded, backoff=Backoff(0.5, 10))
