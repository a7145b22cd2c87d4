"""A laboratory with orders in a real spool, an adapter on it, and a machine that has dialled it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from hub.contract import Order
from hub.spool import Spool
from hub.spool.orders import Placing
from hub.streams import now_ms
from tests.conformance.adapter_contract import running
from tests.lab_analyzers.astm.device import ACK, PATIENCE_SECONDS, Device, adapter
from tests.lab_analyzers.astm.edge_process import outlet_on
from tests.spool.parts import opened

UNASKED = {"orders": "download", "profile": "sysmex-xn"}  # GeneXpert refuses what it did not ask for
ORDER = Order("o-1", "DN0812-0007", ("COV2",), "STAT")
OTHERS = [Order(f"o-{at}", f"DN0812-{at:04}", ("COV2", "FLU")) for at in range(20, 25)]


def query(field: str = "^DN0812-0007", status: str = "O@N") -> list[bytes]:
    return [b"H|@^\\|M2||LAB^GeneXpert^6.4\r", f"Q|1|{field}||||||||||{status}\r".encode(), b"L|1|N\r"]


def specimens(text: bytes) -> list[str]:
    return [line.split("|")[2] for line in text.decode().split("\r") if line.startswith("O")]


def end(text: bytes) -> str:
    return text.decode().split("\r")[-2]


@dataclass
class Laboratory:
    """A spool with orders, an adapter on it and a machine that has dialled it."""

    spool: Spool
    device: Device
    port: int

    async def place(self, *orders: Order) -> None:
        changed = await self.spool.orders.place([Placing(each, "bv", "", "lis") for each in orders], now_ms())
        assert not changed.refused

    async def waiting(self) -> list[str]:
        return [each.order for each in await self.spool.orders.to_measure("bv", "xpert-1", None)]

    async def until_waiting(self, *numbers: str) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self.waiting() != list(numbers):
                pass

    async def ask(self, *asked: str) -> bytes:
        assert await self.device.deliver(query(*asked)) == ACK * 4
        return await self.device.receive()


@asynccontextmanager
async def laboratory(folder: Path, *orders: Order, **settings: object) -> AsyncIterator[Laboratory]:
    async with opened(folder / "spool.db") as spool:
        made = adapter(outlet_on(spool), **settings)
        async with asyncio.timeout(PATIENCE_SECONDS), running(made):
            place = Laboratory(spool, await Device.dial(made.config.port), made.config.port)
            await place.place(*orders)
            yield place
