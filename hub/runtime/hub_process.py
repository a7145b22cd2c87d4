"""The hub as a process of its own, the child of ``epihub up``: settings by stdin, then one line.

The line is ``ready`` when it serves, else why it cannot; health, figures and commands go by a socket.
"""

import asyncio
import signal
import sys
from contextlib import suppress
from pathlib import Path

import msgspec
import uvloop

from hub import logs
from hub.control import serve_control
from hub.errors import EpihubError, first_of
from hub.runtime.garbage_pauses import settle_memory
from hub.runtime.health_and_metrics import Observer
from hub.runtime.hub import Hub
from hub.runtime.hub_socket import hub_calls
from hub.runtime.settings import READY, HubSettings

EXIT_REFUSED = 1


def main() -> int:
    settings = msgspec.json.decode(sys.stdin.buffer.read(), type=HubSettings)
    logs.setup(settings.log_format, settings.log_level)
    refusal = None
    try:
        uvloop.run(_until_ended(settings))
    except* EpihubError as errors:
        refusal = first_of(errors)
    if refusal is not None:
        _tell(str(refusal))
        return EXIT_REFUSED
    return 0


def _tell(line: str) -> None:
    """To the parent, which reads our standard output."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def _until_ended(settings: HubSettings) -> None:
    running = asyncio.ensure_future(_serve(settings))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    with suppress(asyncio.CancelledError):
        await running


async def _serve(settings: HubSettings) -> None:
    hub = Hub(
        settings.store(),
        settings.dial.address(),
        open_reader=settings.reader,
        profiles=settings.profiles,
        notify=settings.notify,
        place=settings.place,
    )
    await hub.open()
    observer = Observer("hub", None, hub)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(hub.run(), name="hub")
        tasks.create_task(observer.run(), name="observer")
        calls = hub_calls(hub, settings.reader, settings.timezone) | observer.calls()
        tasks.create_task(serve_control(Path(settings.socket), calls), name="control")
        settle_memory()
        _tell(READY)


if __name__ == "__main__":
    sys.exit(main())
