"""A spool with something of every kind, always the same but for its random ids."""

from dataclasses import replace
from pathlib import Path

from hub.contract import Order
from hub.spool import LabFact, Placing, ProblemRecord, Spool
from tests.spool.parts import RECEIVED_MS, capture, event, opened, receipt

EPOCH_ENDS_AT = 8
PICTURE = b"|" + b"iVBORw0KGgo" * 200 + b"="


async def write_spool(path: Path) -> None:
    """Two epochs, a receipt, a row the bus could not carry, captures: known again, owed, waiting; orders."""
    async with opened(path, largest_seq=EPOCH_ENDS_AT) as spool:
        await write_orders(spool)
        await spool.commit([event(number) for number in range(1, 6)])
        resulted = LabFact("lab", "pcr-1", "S-3/94500-6", "S-3", "94500-6", "", "F")
        await spool.commit([event(6)._replace(fact=resulted)])
        await spool.receive(receipt(spool, 4, event(4)))
        await spool.quarantine_unsendable(spool.books.epoch_number, 6)
        owed = replace(capture(b"MSH|raw", b"identity"), forwards=("delivered", "lis"))
        await spool.commit([event(7)], owed)
        head = await spool.forwards.head("delivered")
        assert head is not None
        await spool.forwards.settle("delivered", head.n, "DELIVERED", "AA", RECEIVED_MS)
        await spool.commit([event(8)], capture(b"PID|odd"), (ProblemRecord(0, "hl7.no_test", "OBR-4"),))
        await spool.commit([event(9), event(10, thinnable=True)])
        await spool.keep_piece("half", "fridge-1", b"H|", RECEIVED_MS)
        for control in (b"1", b"2"):
            await spool.commit([], capture(control + PICTURE))


async def write_orders(spool: Spool) -> None:
    """One that waits, one that a device has, one it is not to measure any more, one for a result."""
    orders = [Order(f"O-{number}", f"S-{number}", ("94500-6",)) for number in range(4)]
    await spool.orders.place([Placing(order, "lab", "", "lis") for order in orders], RECEIVED_MS)
    await spool.orders.hand_over(orders[1:], "pcr-1", RECEIVED_MS)
    await spool.orders.place([Placing(replace(orders[2], cancelled=True), "lab", "", "lis")], RECEIVED_MS)
