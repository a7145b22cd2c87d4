"""A real hub in a process of its own with the embedded broker, and who hears its alarms."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hub.alarms.rules import Profile
from hub.events import decode_data, decode_event
from hub.mqtt.connection import BrokerAddress, Connection, Incoming, connect
from hub.payloads import Alarm
from hub.runtime.settings import Dial, HubSettings
from tests.bench.parts.servers import Broker, running_broker, started


@dataclass(frozen=True, slots=True)
class AlarmedHub:
    """``pids`` of hub and broker."""

    broker: Broker
    store: Path
    pids: tuple[int, ...]


@asynccontextmanager
async def alarmed_hub(folder: Path, profiles: Sequence[Profile]) -> AsyncIterator[AlarmedHub]:
    """With a broker of its own."""
    async with running_broker(folder) as broker, hub_on(broker, folder, profiles) as hub:
        yield hub


@asynccontextmanager
async def hub_on(broker: Broker, folder: Path, profiles: Sequence[Profile]) -> AsyncIterator[AlarmedHub]:
    """Its data below ``folder``, where they may be already; it judges by ``profiles``."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    account = broker.account
    settings = HubSettings(
        data_dir=str(data),
        store_url=None,
        store_password=None,
        readings_months=13,
        timezone="Asia/Ho_Chi_Minh",
        socket=str(folder / "hub.sock"),
        dial=Dial("127.0.0.1", broker.port, account.name, account.password),
        log_format="json",
        log_level="warning",
        profiles=tuple(profiles),
    )
    async with started("hub.runtime.hub_process", fed=msgspec.json.encode(settings)) as (process, _):
        yield AlarmedHub(broker, data / "store.db", (process.pid, broker.pid))


class Listener:
    """A subscriber of the alarms of one site, as a channel or a lamp would be."""

    def __init__(self, heard: Callable[[str, Alarm, float], None]) -> None:
        self._heard = heard
        self._connection: Connection | None = None

    async def open(self, address: BrokerAddress, site: str) -> None:
        """``heard`` gets device, alarm and when it came, in seconds of the monotonic clock."""
        self._connection = await connect(address, f"bench-ear-{site}", clean=True, on_messages=self._take)
        await self._connection.subscribe(f"epihub/v1/evt/+/{site}/hub/+/alarm-v1")

    async def close(self) -> None:
        assert self._connection is not None
        await self._connection.close()

    def _take(self, messages: list[Incoming]) -> None:
        came = time.monotonic()
        for message in messages:
            alarm = decode_data(decode_event(message.payload))
            if isinstance(alarm, Alarm):
                self._heard(alarm.subject, alarm, came)
        assert self._connection is not None
        self._connection.acknowledge(messages)


async def rest_until(due: float) -> None:
    """Of the monotonic clock; at once when it is past."""
    await asyncio.sleep(max(0.0, due - time.monotonic()))
