"""What an edge answers about its forwards on its local socket: queues, single deliveries, decisions."""

from typing import Any

import msgspec

from hub.control import Answer, Handler
from hub.edge.audit import By
from hub.edge.edge import Edge
from hub.errors import OperatorError
from hub.forward_states import FORWARD_STATES, ForwardState
from hub.runtime.decision_book import DecisionBook
from hub.streams.clock import now_ms


class ForwardDesk:
    """Never a byte of a message: raw looks go through the audit (``captures.look``)."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.queue = edge.spool.forwards
        self.decisions = DecisionBook(edge)

    def calls(self) -> dict[str, Handler]:
        return {
            "forward.queues": self.queues,
            "forward.list": self.entries,
            "forward.retry": self.retry,
            "forward.skip": self.skip,
            "decisions.list": self.decided,
        }

    async def queues(self) -> Answer:
        """Every ``[[forward]]``, and names under which only the spool still holds something."""
        held = {name for name, book in self.queue.books.items() if book.waiting or book.dead}
        return {"items": [self._queue(name) for name in sorted({*self.edge.forwards, *held})]}

    async def entries(
        self, forward: str | None = None, state: str | None = None, limit: int = 100, before: int = 2**62
    ) -> Answer:
        """Deliveries, the newest first; ``next`` is the next ``before``, null at the end."""
        if state is not None and state not in FORWARD_STATES:
            raise OperatorError(f"there are the states {', '.join(FORWARD_STATES)}")
        found = await self.queue.entries(forward, state, limit, before)
        last = found[-1].n if len(found) == limit else None
        return {"items": [entry._asdict() for entry in found], "next": last}

    async def retry(
        self,
        forward: str | None = None,
        capture: str = "",
        by: str = "",
        through: By = "command",
        session: str = "",
    ) -> Answer:
        """One capture, a delivered one too, or all that were given up; in their old place in the queue."""
        await self.decisions.note(
            "forward.retry", forward or "", by, through, capture=capture, session=session
        )
        return await self._change(forward, capture, "WAITING")

    async def skip(
        self,
        forward: str | None = None,
        capture: str = "",
        by: str = "",
        through: By = "command",
        session: str = "",
    ) -> Answer:
        """One capture that waits or was given up, or all that were given up."""
        await self.decisions.note(
            "forward.skip", forward or "", by, through, capture=capture, session=session
        )
        return await self._change(forward, capture, "SKIPPED")

    async def decided(self, limit: int = 100) -> Answer:
        """Who decided what, the newest first."""
        return {"items": [msgspec.to_builtins(row) for row in await self.decisions.trail.newest(limit)]}

    async def _change(self, forward: str | None, capture: str, to: ForwardState) -> Answer:
        try:
            named = bytes.fromhex(capture) if capture else None
        except ValueError as error:
            raise OperatorError("a capture is named by 32 hex digits") from error
        done = await self.queue.change(forward, named, "DEAD", to, now_ms())
        if named and not done:
            raise OperatorError("nothing of this capture is owed, or it is settled already")
        return {"outcome": "done", "changed": done}

    def _queue(self, name: str) -> dict[str, Any]:
        forward, book = self.edge.forwards.get(name), self.queue.book(name)
        told: dict[str, Any] = {"device": "", "to": ""}
        if forward:
            told = msgspec.to_builtins(forward.counters)
            told |= {"device": forward.settings.device, "to": forward.settings.to}
        return told | {"id": name, "waiting": book.waiting, "dead": book.dead}
