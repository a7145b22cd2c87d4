"""Where a specimen's results are, as an edge knows it: mapped, on the bus, with the hub, delivered."""

from typing import Any

from hub.control import Answer, Handler
from hub.edge.edge import Edge
from hub.errors import OperatorError
from hub.runtime.message_contents import fitting, results_of, shown
from hub.spool import Emitted
from hub.spool.desk import SpoolDesk
from hub.spool.messages import Opened, Sent
from hub.unmapped_codes import unmapped_codes

MOST_FOLLOWED = 50
MOST_RESULTS = 200


class JourneyDesk:
    """Answers for one running edge."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.spool = SpoolDesk(edge.spool.path)

    def calls(self) -> dict[str, Handler]:
        return {"journeys.follow": self.follow}

    async def follow(self, specimen: str, captures: list[str]) -> Answer:
        """{items, quarantined}: the results of ``specimen`` in these messages, and how many messages wait."""
        items: list[dict[str, Any]] = []
        for name in captures[:MOST_FOLLOWED]:
            try:
                opened = await self.spool.opened(self.edge.spool.sealer, bytes.fromhex(name))
            except (OperatorError, ValueError):
                continue  # its time is over: the store still tells what it knows
            items += await self._of_message(specimen, opened)
        standing = await self.spool.standing()
        return {"items": fitting(items, MOST_RESULTS), "quarantined": standing.quarantined}

    async def _of_message(self, specimen: str, opened: Opened) -> list[dict[str, Any]]:
        found = [
            (each, result) for each, result in results_of(opened.message.emitted or ())
            if result.specimen == specimen
        ]  # fmt: skip
        ways = await self.spool.ways([each.id for each, _ in found])
        message = opened.message
        common = {
            "capture": message.capture.hex(),
            "site": self._site(message.device),
            "device": message.device,
            "received_ms": message.received_ms,
            "answered": bool(opened.capture.contents.reply),
            "parts": [part._asdict() for part in message.parts],
            "forwards": [each._asdict() for each in message.forwards],
        }
        return [
            common | self._result(each, ways[each.id]) | {"unmapped": len(unmapped_codes(result))}
            for each, result in found
        ]

    def _result(self, emitted: Emitted, sent: Sent) -> dict[str, Any]:
        way: str = sent.way
        if way == "waiting" and (sent.epoch_number, sent.seq) <= self.edge.relay.sent_to:
            way = "sent"
        told = shown(emitted.type, emitted.key, emitted.time_ms, emitted.data)
        return told | {"id": emitted.id, "way": way, "seq": sent.seq}

    def _site(self, device: str) -> str:
        known = self.edge.book.devices.get(device)
        return known.site if known else self.edge.settings.site
