"""``epihub orders`` at a running edge."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hub.cli.orders import app
from hub.contract import Order
from hub.errors import OperatorError
from hub.spool import Placing
from hub.streams.clock import now_ms
from tests.api.lab_edge import GENEXPERT, LabEdge, lab_edge, single
from tests.api.standing_edge import SITE


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[LabEdge]:
    async with lab_edge(tmp_path) as made:
        orders = [Order(f"O-{n}", f"TN-{n}", ("94500-6",)) for n in (1, 2)]
        await made.edge.spool.orders.place([Placing(order, SITE, "", "lis") for order in orders], now_ms())
        yield made


async def run(there: LabEdge, *arguments: str) -> Result:
    """In a thread: the edge lives on this loop."""
    command = [*arguments, "--data", str(there.data_dir)]
    return await asyncio.to_thread(CliRunner().invoke, app, command)


async def test_the_list_is_narrowed_and_counted(there: LabEdge) -> None:
    outlet = there.edge.outlets[GENEXPERT]
    await outlet.handed_over(await outlet.orders("TN-2"))
    told = await run(there, "list")
    assert [line.split()[:2] for line in told.stdout.splitlines()] == [["O-2", "SENT"], ["O-1", "PLACED"]]
    assert "1 wait, 1 are with a device" in told.stderr
    for narrowed in (("--state", "sent"), ("--specimen", "TN-2"), ("--device", GENEXPERT)):
        assert [line.split()[0] for line in (await run(there, "list", *narrowed)).stdout.splitlines()] == [
            "O-2"
        ]
    assert isinstance((await run(there, "list", "--state", "lost")).exception, OperatorError)


async def test_one_order_with_its_events(there: LabEdge) -> None:
    await there.came(single("TN-1"))
    first, second = (await run(there, "show", "O-1")).stdout.splitlines()
    assert first.split()[1] == "RESULTED"
    assert (second.split()[0], second.split()[2]) == ("94500-6", GENEXPERT)
    assert "no such order" in str((await run(there, "show", "O-9")).exception)


async def test_an_order_is_taken_back(there: LabEdge) -> None:
    assert (await run(there, "cancel", "O-1")).stdout.split()[1] == "CANCELLED"
    assert await there.edge.outlets[GENEXPERT].orders("TN-1") == []
    await there.came(single("TN-2"))
    assert "results are here already" in str((await run(there, "cancel", "O-2")).exception)
    assert "no such order" in str((await run(there, "cancel", "O-9")).exception)
