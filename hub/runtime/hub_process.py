"""The hub as a process of its own, the child of ``epihub up``; it answers at a socket."""

import asyncio
import sys
from pathlib import Path

from hub.control import serve_control
from hub.runtime.child_process import run_child, serving
from hub.runtime.health_and_metrics import Observer
from hub.runtime.hub import Hub
from hub.runtime.hub_socket import hub_calls
from hub.runtime.settings import HubSettings


def main() -> int:
    return run_child(HubSettings, _serve)


async def _serve(settings: HubSettings) -> None:
    hub = Hub(
        settings.store(),
        settings.dial.address(),
        open_reader=settings.reader,
        profiles=settings.profiles,
        notify=settings.notify,
        place=settings.place,
        lists_dir=settings.lists_dir,
    )
    await hub.open()
    observer = Observer("hub", None, hub)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(hub.run(), name="hub")
        tasks.create_task(observer.run(), name="observer")
        calls = hub_calls(hub, settings.reader, settings.timezone, Path(settings.data_dir)) | observer.calls()
        tasks.create_task(serve_control(Path(settings.socket), calls), name="control")
        serving()


if __name__ == "__main__":
    sys.exit(main())
