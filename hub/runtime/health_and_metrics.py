"""Health and metrics of one process, read from its parts once a second or at each scrape."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hub import figures
from hub.control import Answer, Handler
from hub.errors import ConfigError
from hub.events import format_time
from hub.health import Component, Health
from hub.metrics import Registry, Sample
from hub.version import epihub_version

if TYPE_CHECKING:  # a hub alone needs nothing of the edge in its memory, and an edge nothing of the hub
    from hub.edge.edge import Edge
    from hub.runtime.heartbeat import Heartbeat
    from hub.runtime.hub import Hub
    from hub.runtime.notifier import Notifier

OBSERVE_SECONDS = 0.5
RECEIPT_PATIENCE_SECONDS = 30.0
CERTIFICATE_SECONDS = 60.0


class Observer:
    """``process``: "up", "edge" or "hub"; ``certificate``: that of the embedded broker, where it has one."""

    def __init__(
        self, process: str, edge: "Edge | None", hub: "Hub | None", certificate: Path | None = None
    ) -> None:
        self.process = process
        self.edge = edge
        self.hub = hub
        self.certificate = certificate
        self.health = Health()
        self.registry = Registry()
        self.registry.add(self._collect)
        self._moved = (0, time.monotonic())
        self._certificate_due = 0.0

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.health.lag.run(), name="loop-lag")
            tasks.create_task(self._watch(), name="observe")

    def calls(self) -> dict[str, Handler]:
        """For the local socket: this process as figures and as health."""

        async def figures_of_process() -> Answer:
            return {"samples": self.registry.snapshot()}

        async def health() -> Answer:
            return self.report()

        return {"figures": figures_of_process, "health": health}

    def report(self) -> Answer:
        """What /readyz and the console are made of; ``since``: RFC 3339 of the component's last change."""
        self._look()
        alive, told = self.health.alive(), self.health.report()
        parts: dict[str, Answer] = {
            name: {**part, "since": format_time(int(part["since"] * 1000))}
            for name, part in told["components"].items()
        }
        lag_ms = round(alive["loop_lag_seconds"] * 1000)
        parts["process"] = {"state": alive["state"], "reason": alive["reason"], "loop_lag_ms": lag_ms}
        status = "down" if alive["state"] == "down" else told["state"]
        return {"status": status, "components": parts}

    async def _watch(self) -> None:
        while True:
            self._look()
            await asyncio.sleep(OBSERVE_SECONDS)

    def _look(self) -> None:
        if self.edge:
            self._look_at_edge(self.edge)
        if self.hub:
            self._look_at_hub(self.hub)
        if self.certificate and time.monotonic() >= self._certificate_due:
            self._certificate_due = time.monotonic() + CERTIFICATE_SECONDS
            self._look_at_certificate(self.certificate)

    def _look_at_certificate(self, certificate: Path) -> None:
        """An expired one turns every edge away that is not on this machine; the spools wait."""
        component = self.health.component("bus-certificate")
        try:
            from hub.broker.certificate import trouble_ahead

            ahead = trouble_ahead(certificate, datetime.now(UTC))
        except ConfigError as error:
            ahead = str(error)
        if ahead:
            component.degraded(ahead)
        else:
            component.ok()

    def _look_at_edge(self, edge: "Edge") -> None:
        spool, relay = self.health.component("spool"), self.health.component("bus")
        told = edge.spool.figures()
        if edge.spool.books.full:
            spool.down("the quota or the disk is used up; devices get a negative answer")
        elif told.share >= 0.5:
            spool.degraded(f"{told.share:.0%} of the quota is used")
        else:
            spool.ok()
        self._look_at_bus(edge, relay)
        if edge.forwards:
            _look_at_forwards(edge, self.health.component("forward"))
        if any(adapter.label_patterns() is not None for adapter in edge.adapters.values()):
            _look_at_orders(edge, self.health.component("orders"))
        if edge.people.wanted:
            _look_at_lists(edge, self.health.component("lists"))
        keys = self.health.component("keys")
        if edge.pseudonyms.weak:
            keys.degraded("no province key here: pseudonyms are weak (epihub vault import)")
        else:
            keys.ok()

    def _look_at_bus(self, edge: "Edge", bus: Component) -> None:
        waiting, now = edge.spool.figures().waiting, time.monotonic()
        receipt = edge.spool.books.receipt_seq
        if receipt != self._moved[0] or not waiting:
            self._moved = (receipt, now)
        if not edge.relay.counters.connected:
            why = edge.relay.counters.line_trouble
            bus.degraded(f"no connection to the bus{f' ({why})' if why else ''}; {waiting} events wait")
        elif now - self._moved[1] > RECEIPT_PATIENCE_SECONDS:
            bus.degraded(f"no receipt of the hub moves; {waiting} events wait in the spool")
        else:
            bus.ok()

    def _look_at_hub(self, hub: "Hub") -> None:
        store, partitions = self.health.component("store"), self.health.component("partitions")
        failure = hub.sink.store_trouble
        if failure:
            store.down(failure)
        else:
            store.ok()
        if hub.notifier:
            look_at_notices(hub.notifier, hub.heartbeat, self.health.component("notify"))
        if hub.people:
            _look_at_list_files(hub.people.shelf.troubles, self.health.component("list-files"))
        held, all_of_them = hub.partitions_held, len(hub.sink.partitions)
        if held == all_of_them:
            partitions.ok()
        else:
            partitions.degraded(f"{held} of {all_of_them} partitions of the bus are held")

    def _collect(self) -> Iterator[Sample]:
        yield from figures.of_build(self.process, epihub_version())
        yield from self.health.collect(self.process)
        if self.edge:
            yield from self._of_edge(self.edge)
        if self.hub:
            yield from figures.of_sink(self.hub.sink.counters, self.hub.sink.waiting)
            if self.hub.notifier:
                yield from figures.of_notices(self.hub.notifier.figures)

    @staticmethod
    def _of_edge(edge: "Edge") -> Iterator[Sample]:
        from hub.edge.people_figures import of_people  # a hub alone has no edge in its memory

        for name, outlet in edge.outlets.items():
            yield from figures.of_messages(name, outlet.adapter, outlet.counters)
            if edge.adapters[name].label_patterns() is not None:
                yield from figures.of_queries(name, outlet.counters)
        for adapter, durations in edge.durations.items():
            yield from figures.of_acks(adapter, durations)
        for device in edge.book.devices.values():
            seen = device.last_message_ms or None
            yield from figures.of_device(device.id, online=device.state == "ONLINE", last_seen_ms=seen)
        yield from figures.of_spool(edge.spool.figures())
        yield from figures.of_orders(edge.spool.orders.book)
        yield from figures.of_relay(edge.relay.counters)
        yield from of_people(edge.people.wanted.values())
        for name, forward in edge.forwards.items():
            yield from figures.of_forward(name, forward.book, forward.counters)


def _look_at_orders(edge: "Edge", component: Component) -> None:
    """Degraded before new ones are refused: a hospital whose results never come fills the book."""
    book = edge.spool.orders.book
    if book.nearly_full:
        component.degraded(f"{book.open} orders are open; from {book.most} on new ones are refused")
    else:
        component.ok()


def _look_at_lists(edge: "Edge", component: Component) -> None:
    """Degraded: gates decide without a list, or by one that could not be renewed."""
    troubles = edge.people.troubles()
    if troubles:
        component.degraded("; ".join(troubles))
    else:
        component.ok()


def _look_at_list_files(troubles: Mapping[str, str], component: Component) -> None:
    """Degraded: edges go on with what they have for 30 days."""
    if troubles:
        component.degraded("; ".join(f"{name}: {why}" for name, why in troubles.items()))
    else:
        component.ok()


def _look_at_forwards(edge: "Edge", component: Component) -> None:
    """Degraded: what waits stays in the spool, and what was given up until somebody decides."""
    troubles = [
        f"{name}: {forward.book.waiting} wait ({forward.counters.trouble})"
        for name, forward in edge.forwards.items()
        if forward.book.waiting and forward.counters.trouble
    ]
    given_up = [
        f"{name}: {each.book.dead} given up" for name, each in edge.forwards.items() if each.book.dead
    ]
    if troubles or given_up:
        component.degraded("; ".join(troubles + given_up))
    else:
        component.ok()


def look_at_notices(notifier: "Notifier", heartbeat: "Heartbeat | None", component: Component) -> None:
    """Degraded: what was given up waits for a decision, and what a channel does not take for the channel."""
    told = notifier.figures
    failing = sorted(told.troubles.items())
    troubles = [f"channel {channel} does not deliver ({code})" for channel, code in failing]
    troubles += [
        f"channel {name} hears no answers ({code})" for name, code in sorted(notifier.deaf().items())
    ]
    if told.dead:
        troubles.append(f"{told.dead} notices given up (epihub notify list)")
    if heartbeat and heartbeat.failing:
        troubles.append(f"the heartbeat is not heard ({heartbeat.failing})")
    if troubles:
        component.degraded("; ".join(troubles))
    else:
        component.ok()
