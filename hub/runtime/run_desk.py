"""The runs of an analyzer, as an edge's messages tell them: what was on the plate, and what became of it.

A message with several results is a run; an analyzer that sends each result by itself has runs of one.
"""

from typing import Any

from hub.control import Answer, Handler
from hub.edge.edge import Edge
from hub.runtime.message_contents import digest, wells
from hub.spool import Emitted
from hub.spool.desk import SpoolDesk
from hub.spool.messages import Message, MessageFilter

MOST_WELLS = 500  # of one run: a plate has 96 or 384
MOST_DRAWN = 5000  # wells of one answer: it fits a line of the local socket
LARGEST_PAGE = 50
_END = (2**62, 2**62)


class RunDesk:
    """Answers for one running edge."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.spool = SpoolDesk(edge.spool.path)

    def calls(self) -> dict[str, Handler]:
        return {"runs.page": self.page}

    async def page(self, device: str, limit: int = 20, before: tuple[int, int] = _END) -> Answer:
        """Messages of ``device`` with results or problems, the newest first; ``next`` as for messages.

        A page may hold fewer than ``limit`` and go on: host queries and their like are left out, and it
        ends after 5,000 wells.
        """
        place = (int(before[0]), int(before[1]))
        rows = max(1, min(limit, LARGEST_PAGE))
        found = await self.spool.messages(self.edge.spool.sealer, MessageFilter(device, before=place), rows)
        items, drawn, last = [], 0, found.looked_to
        for message in found.found:
            run = _run(message) | {"site": self._site(message.device)}
            if run["wells"] or run["parts"] or run["digest"] is None:
                items.append(run)
                drawn += len(run["wells"]) + len(run["parts"])
            if drawn > MOST_DRAWN:
                last = (message.received_ms, message.n)
                break
        return {"items": items, "next": last}

    def _site(self, device: str) -> str:
        known = self.edge.book.devices.get(device)
        return known.site if known else self.edge.settings.site


def _run(message: Message) -> dict[str, Any]:
    """``digest`` None: the message is too large for a list to open it."""
    emitted: tuple[Emitted, ...] = message.emitted or ()
    on_plate = wells(emitted)
    return {
        "capture": message.capture.hex(),
        "device": message.device,
        "received_ms": message.received_ms,
        "parts": [part._asdict() for part in message.parts[:MOST_WELLS]],
        "wells": on_plate[:MOST_WELLS],
        "more_wells": max(0, len(on_plate) - MOST_WELLS),
        "digest": None if message.emitted is None else digest(emitted),
    }
