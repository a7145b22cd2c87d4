"""Lists of people of the demo: who is looked for and who was vaccinated, so that its gates know somebody."""

import asyncio
import logging
import secrets
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hub.clock import now_ms
from hub.config.models import HubSection
from hub.control import SOCKET, ControlClient, ControlUnavailable
from hub.errors import OperatorError
from hub.runtime.settings import LISTS
from hub.vault import KEYS, Vault

AGAIN_SECONDS = 1.0
log = logging.getLogger(__name__)


async def give_lists(hub: HubSection, ready: asyncio.Event) -> None:
    """Once the hub takes them; then until cancelled nothing more."""
    await ready.wait()
    for name, file in await asyncio.to_thread(_written, hub):
        while True:
            if await _taken(hub.data_dir, name, file):
                break
            await asyncio.sleep(AGAIN_SECONDS)
        file.unlink(missing_ok=True)
    await asyncio.get_running_loop().create_future()


def _written(hub: HubSection) -> list[tuple[str, Path]]:
    """A file of pseudonyms for each table, as ``epihub list import`` makes it."""
    from hub.people.import_file import Table
    from hub.people.list_file import body_head, write_list
    from hub.people.records import PEOPLE_LISTS, body_of
    from simulators.gates.demo_gates import demo_tables

    keyed, files = Vault(hub.data_dir / KEYS).pseudonyms(), []
    tables = dict(demo_tables())
    for name in (each for each in PEOPLE_LISTS if each in tables):
        table = Table(name, keyed.person, ZoneInfo(hub.timezone), datetime.now(UTC))
        body = body_of(table.entries(tables[name].splitlines(keepends=True)))
        file = hub.data_dir / LISTS / f"{name}.{secrets.token_hex(8)}"
        write_list(file, body_head(body, now_ms(), keyed.key_id), [body])
        files.append((str(name), file))
    return files


async def _taken(data: Path, name: str, file: Path) -> bool:
    """Whether the hub answered: one that just starts is not there yet."""
    try:
        await ControlClient(data / SOCKET).call("people.take", name=name, file=file.name)
    except ControlUnavailable:
        return False
    except OperatorError as error:
        log.warning("a list of the demo was refused", extra={"reason": str(error)})
    return True
