"""Destinations as a process of their own, the child of ``epihub up`` and ``hub``; it only reads the store."""

import asyncio
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from hub.control import Answer, ControlClient, ControlUnavailable, serve_control
from hub.delivery_figures import of_destination
from hub.errors import OperatorError
from hub.feeds.contract import FeedSettings
from hub.feeds.kinds import open_kind
from hub.feeds.webhook_book import WebhookBook
from hub.metrics import Sample
from hub.runtime.child_process import run_child, serving
from hub.runtime.deliverer import Deliverer, NotSettled, Parts
from hub.runtime.deliverer_settings import DelivererSettings
from hub.runtime.delivery_state import PHASES
from hub.runtime.destination_desk import SETTLE
from hub.runtime.health_and_metrics import OBSERVE_SECONDS, Observer
from storage.destinations import DestinationChange

PROCESS = "deliverer"
SETTLE_ANSWER_SECONDS = 30.0
BOOK_SECONDS = 0.5
log = logging.getLogger(__name__)


def main() -> int:
    return run_child(DelivererSettings, _serve)


class Deliverers:
    """Those of the configuration, and those of the webhooks' file as it changes."""

    def __init__(self, settings: DelivererSettings) -> None:
        self._settings = settings
        self._book = WebhookBook(Path(settings.data_dir))
        self._parts = Parts(settings.reader(), self._settle)
        self._hub = ControlClient(Path(settings.hub_socket))
        self._running: dict[bytes, tuple[Deliverer, asyncio.Task[None]]] = {}  # by their settings
        self._changed: object = None

    @property
    def all(self) -> list[Deliverer]:
        return [deliverer for deliverer, _ in self._running.values()]

    def collect(self) -> Iterator[Sample]:
        for deliverer in self.all:
            yield from of_destination(deliverer.state, PHASES)

    async def states(self) -> Answer:
        return {"items": [deliverer.state.told() for deliverer in self.all]}

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                if (changed := self._stamp()) != self._changed or not self._running:
                    self._changed = changed
                    await self._follow(tasks, self._wanted())
                await asyncio.sleep(BOOK_SECONDS)

    def _stamp(self) -> object:
        try:
            found = self._book.path.stat()
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_ino, found.st_size)

    def _wanted(self) -> list[FeedSettings]:
        named = {each.name for each in self._settings.destinations}
        try:
            made = [each.settings() for each in self._book.all()]
        except OperatorError as error:
            log.error("the webhooks cannot be read", extra={"reason": str(error)})
            made = [each.settings for each in self.all]
        return [*self._settings.destinations, *(each for each in made if each.name not in named)]

    async def _follow(self, tasks: asyncio.TaskGroup, wanted: list[FeedSettings]) -> None:
        """End those whose settings are no longer wanted, begin those that are new."""
        keyed = {msgspec.json.encode(each): each for each in wanted}
        for key in self._running.keys() - keyed.keys():
            _, task = self._running.pop(key)
            task.cancel()
            await asyncio.wait({task})
        for key, settings in keyed.items():
            if key not in self._running:
                deliverer = Deliverer(settings, open_kind(settings), self._parts)
                task = tasks.create_task(deliverer.run(), name=f"deliverer[{settings.name}]")
                self._running[key] = (deliverer, task)

    async def _settle(self, change: DestinationChange) -> int:
        try:
            async with asyncio.timeout(SETTLE_ANSWER_SECONDS):
                answer = await self._hub.call(SETTLE, change=msgspec.to_builtins(change))
        except (ControlUnavailable, TimeoutError, OperatorError) as error:
            raise NotSettled("the hub did not take what is settled") from error
        return int(answer["version"])


async def _serve(settings: DelivererSettings) -> None:
    observer = Observer(PROCESS, None, None)
    deliverers = Deliverers(settings)
    observer.registry.add(deliverers.collect)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(deliverers.run(), name="deliverers")
        tasks.create_task(observer.run(), name="observer")
        tasks.create_task(_look(deliverers, observer), name="look")
        calls = observer.calls() | {"destination.states": deliverers.states}
        tasks.create_task(serve_control(Path(settings.socket), calls), name="control")
        serving()


async def _look(deliverers: Deliverers, observer: Observer) -> None:
    """Degraded at the worst: what waits is in the store."""
    component = observer.health.component("destinations")
    while True:
        troubles = [
            f"destination {each.state.name}: {each.state.state}"
            + (f" ({each.state.reason})" if each.state.reason else "")
            for each in deliverers.all
            if each.state.state in {"away", "disabled", "starting"}
        ]
        if troubles:
            component.degraded("; ".join(troubles))
        else:
            component.ok()
        await asyncio.sleep(OBSERVE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
