"""Orders of the hospital's own system on their way to a machine: each waits for the machine's answer."""

import asyncio

from adapters.lab_analyzers.hl7_order_answers import Code
from adapters.lab_analyzers.hl7_orders import OrderMessage
from adapters.lab_analyzers.hl7_outbox import Outbox
from hub.errors import NotTaken


class PassedOrders:
    """Who waits for which answer."""

    def __init__(self) -> None:
        self._waiting: list[tuple[OrderMessage, asyncio.Future[bytes]]] = []

    async def answer(self, message: OrderMessage) -> bytes:
        """The machine's, as it came; raises NotTaken when its connection ends before."""
        answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        waiting = message, answered
        self._waiting.append(waiting)
        try:
            return await answered
        finally:
            self._waiting.remove(waiting)

    def told(self, message: OrderMessage, code: Code, raw: bytes) -> None:
        """CA says that the message arrived, not what becomes of it."""
        for passed, answered in self._waiting:
            if passed is message and code != "CA" and not answered.done():
                answered.set_result(raw)

    def gone(self, outbox: Outbox) -> None:
        """A connection has ended: what is not to be sent again has no answer."""
        for message, answered in self._waiting:
            if not outbox.holds(message) and not answered.done():
                answered.set_exception(NotTaken("line.closed"))
