"""What the tests of orders place, tell and ask."""

from typing import Any

from hub.contract import Fact, Order
from hub.edge.encoder import Made, Origin, encode
from hub.payloads import Code, LabResult
from hub.spool import EventRecord, Placing, Spool
from hub.spool.order_rows import entry_by_number
from tests.spool.parts import RECEIVED_MS

SITES = {"pcr-1": "lab", "pcr-2": "lab", "pcr-9": "other"}


def result(
    device: str,
    specimen: str,
    test: str,
    status: str = "F",
    *,
    run: int = 0,
    version: int = 0,
    control: bool = False,
    supersedes: str = "",
) -> EventRecord:
    """The same arguments are the same event; another ``version`` says something else of the same fact."""
    payload = LabResult(specimen, Code(test, str(version)), "NEG", status, control=control)  # type: ignore[arg-type]
    fact = Fact(payload, f"{specimen}/{test}/{run}", 1_700_000_000_000)
    return encode(Origin(SITES[device], "edge-1", device), fact, Made(RECEIVED_MS, supersedes=supersedes))[0]


def order(number: str = "O-1", specimen: str = "S-1", tests: tuple[str, ...] = ("A",)) -> Order:
    return Order(number, specimen, tests)


async def place(spool: Spool, *orders: Order, device: str = "", at_ms: int = RECEIVED_MS) -> dict[str, Any]:
    done = await spool.orders.place([Placing(each, "lab", device, "lis") for each in orders], at_ms)
    return dict(done.refused)


async def state(spool: Spool, number: str = "O-1") -> str | None:
    found = await spool._on_reader(lambda db: entry_by_number(db, number))
    return found.row.state if found else None
