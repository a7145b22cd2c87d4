"""A spool with something of every kind, always the same but for its random ids."""

from dataclasses import replace
from pathlib import Path

from hub.spool import ProblemRecord
from tests.spool.parts import RECEIVED_MS, capture, event, opened, receipt

EPOCH_ENDS_AT = 8


async def write_spool(path: Path) -> None:
    """Two epochs, a receipt, a row the bus could not carry, captures: known again, owed, waiting."""
    async with opened(path, largest_seq=EPOCH_ENDS_AT) as spool:
        await spool.commit([event(number) for number in range(1, 7)])
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
