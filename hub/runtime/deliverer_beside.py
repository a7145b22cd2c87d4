"""The deliverer beside a hub, in a process of its own: nothing waits for what a receiver does."""

import asyncio
from pathlib import Path
from typing import Any

from hub.feeds.webhook_book import FILE
from hub.runtime.deliverer_settings import DelivererSettings
from hub.runtime.process_beside import Beside, ProcessBeside
from hub.runtime.projector_beside import never_down

CALLED = "the deliverer's process"
HANDED_ON = ("destination.states",)
LOOK_SECONDS = 0.5


class DelivererBeside(ProcessBeside):
    """While it is away, nothing is down. It starts with the first destination."""

    def __init__(self, settings: DelivererSettings, data_dir: Path) -> None:
        deliverer = Beside("deliverer", "hub.runtime.deliverer_process", CALLED, HANDED_ON, needed=False)
        super().__init__(deliverer, settings)
        self._book = data_dir / FILE
        self._wanted = bool(settings.destinations)

    async def run(self) -> None:
        while not (self._wanted or self._book.exists()):  # noqa: ASYNC110  another process makes the file
            await asyncio.sleep(LOOK_SECONDS)
        self._wanted = True
        await super().run()

    async def components(self) -> dict[str, Any]:
        if not self._wanted:
            return {}
        told = await super().components()
        return {name: never_down(part) for name, part in told.items()}
