"""The runs of an analyzer, as an edge's messages tell them: what was on the plate, and what became of it.

A message with several results is a run; an analyzer that sends each result by itself has runs of one.
"""

from typing import Any

from hub.control import Answer, Handler
from hub.edge.edge import Edge
from hub.runtime.digest import digest, wells
from hub.spool import Emitted
from hub.spool.desk import SpoolDesk
from hub.spool.messages import Message, MessageFilter

MOST_WELLS = 500  # of one run: a plate has 96 or 384
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

        A page may hold fewer than ``limit`` and go on: host queries and their like are left out.
        """
        place = (int(before[0]), int(before[1]))
        rows = max(1, min(limit, LARGEST_PAGE))
        found = await self.spool.messages(self.edge.spool.sealer, MessageFilter(device, before=place), rows)
        told = [_run(message) for message in found.found]
        items = [run for run in told if run["wells"] or run["parts"] or run["digest"] is None]
        return {"items": items, "next": found.looked_to}


def _run(message: Message) -> dict[str, Any]:
    """``digest`` None: the message is too large for a list to open it."""
    emitted: tuple[Emitted, ...] = message.emitted or ()
    on_plate = wells(emitted)
    return {
        "capture": message.capture.hex(),
        "device": message.device,
        "received_ms": message.received_ms,
        "parts": [part._asdict() for part in message.parts],
        "wells": on_plate[:MOST_WELLS],
        "more_wells": max(0, len(on_plate) - MOST_WELLS),
        "digest": None if message.emitted is None else digest(emitted),
    }
