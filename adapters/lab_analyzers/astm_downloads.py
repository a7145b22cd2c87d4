"""Which line of an ASTM device its orders are sent by."""

import asyncio

from adapters.lab_analyzers.astm_line import AstmLine
from adapters.lab_analyzers.astm_orders import OrderDesk


class Downloads:
    """Which line each device is sent its orders by: the newest on which it was heard."""

    def __init__(self) -> None:
        self._running: dict[OrderDesk, tuple[AstmLine, asyncio.Task[None]]] = {}

    def begin(self, desk: OrderDesk, line: AstmLine) -> None:
        """The device is at the other end of ``line``."""
        desk.heard()
        before = self._running.get(desk)
        if not desk.downloads or (before and before[0] is line):
            return
        if before:
            before[1].cancel()
        self._running[desk] = line, asyncio.create_task(desk.download(line), name="download")

    async def end(self, line: AstmLine) -> None:
        """``line`` has ended."""
        ended = [desk for desk, (its, _) in self._running.items() if its is line]
        tasks = [self._running.pop(desk)[1] for desk in ended]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
