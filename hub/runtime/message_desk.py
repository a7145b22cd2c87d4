"""What an edge answers about its messages on its local socket: found, counted, read again, never raw.

Raw bytes are for ``captures.look`` alone (hub.runtime.edge_desk), which writes the audit first.
"""

import asyncio
from typing import Any

from hub.contract import Frame, Interpretation
from hub.control import Answer, Handler
from hub.edge.edge import Edge
from hub.errors import OperatorError
from hub.runtime.message_contents import compared, digest, fitting, is_unmapped
from hub.spool.desk import SpoolDesk
from hub.spool.messages import MESSAGE_STATES, Message, MessageFilter, Opened

MOST_SHOWN_FACTS = 500
MOST_LISTED_PARTS = 10  # of one message in a list; ``problems`` counts them all
MOST_NAMED = 1000
_END = (2**62, 2**62)


class MessageDesk:
    """Answers for one running edge."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.spool = SpoolDesk(edge.spool.path)

    def calls(self) -> dict[str, Handler]:
        return {
            "messages.page": self.page,
            "messages.read": self.read,
            "messages.find": self.find,
        }

    async def page(
        self,
        device: str | None = None,
        state: str = "",
        from_ms: int = 0,
        to_ms: int = 2**62,
        limit: int = 100,
        before: tuple[int, int] = _END,
        named: list[str] | None = None,
        devices: list[str] | None = None,
    ) -> Answer:
        """Messages, the newest first, each with its ``digest``; ``next`` is the next ``before``, or null.

        A page may hold fewer than ``limit`` and go on: unmapped ones are looked for a thousand at a time.
        """
        known = next((name for name in MESSAGE_STATES if name == state), None)
        if known is None:
            raise OperatorError(f"there are the states {', '.join(filter(None, MESSAGE_STATES))}")
        captures = None if named is None else tuple(map(_name, named[:MOST_NAMED]))
        place = (int(before[0]), int(before[1]))
        of = None if devices is None else tuple(devices)
        wanted = MessageFilter(device, known, from_ms, to_ms, place, captures, of)
        keep = is_unmapped if known == "unmapped" else None
        found = await self.spool.messages(self.edge.spool.sealer, wanted, limit, keep)
        return {"items": [self._told(message) for message in found.found], "next": found.looked_to}

    async def read(self, capture: str) -> Answer:
        """One message: its parts, its forwards, and what the profile makes of it today beside what stands."""
        opened = await self.spool.opened(self.edge.spool.sealer, _name(capture))
        emitted = opened.message.emitted or ()
        meaning = await self._understood(opened)
        facts = compared(emitted, meaning.facts) if meaning else compared(emitted, ())
        if meaning is None:  # nobody reads it: what stands, stands
            facts = [fact | {"change": "same"} for fact in facts]
        problems = meaning.problems if meaning else ()
        kept = fitting(facts, MOST_SHOWN_FACTS)
        return self._told(opened.message, MOST_SHOWN_FACTS) | {
            "read": meaning is not None,
            "facts": [fact | {"repeat": fact["id"] in opened.message.repeats} for fact in kept],
            "more_facts": len(facts) - len(kept),
            "problems": [{"reason": one.reason, "place": one.place} for one in problems[:MOST_SHOWN_FACTS]],
            "answered": bool(opened.capture.contents.reply),
        }

    async def find(self, specimen: str) -> Answer:
        """Captures by what their results say, as far back as events are kept: ``since_ms``, null: none is."""
        found = await self.spool.mentioned(specimen[:128])
        return {"captures": [name.hex() for name in found.captures], "since_ms": found.since_ms}

    async def _understood(self, opened: Opened) -> Interpretation | None:
        """None: the bytes belong to no device of this edge. In a thread: a large one takes its time."""
        adapter = self.edge.adapters.get(opened.capture.device)
        if adapter is None:
            return None
        contents = opened.capture.contents
        frame = Frame(contents.raw, contents.control, contents.origin)
        return await asyncio.to_thread(adapter.understand, frame, opened.capture.received_ms)

    def _told(self, message: Message, most_parts: int = MOST_LISTED_PARTS) -> dict[str, Any]:
        waiting = sum(part.state == "WAITING" for part in message.parts)
        return {
            "capture": message.capture.hex(),
            "site": self._site(message.device),
            "device": message.device,
            "adapter": message.adapter,
            "received_ms": message.received_ms,
            "bytes": message.bytes,
            "problems": len(message.parts),
            "waiting": waiting,
            "parts": [part._asdict() for part in message.parts[:most_parts]],
            "forwards": [each._asdict() for each in message.forwards],
            "digest": None if message.emitted is None else digest(message.emitted, message.repeats),
        }

    def _site(self, device: str) -> str:
        known = self.edge.book.devices.get(device)
        return known.site if known else self.edge.settings.site


def _name(capture: str) -> bytes:
    try:
        return bytes.fromhex(capture)
    except ValueError as error:
        raise OperatorError("a capture is named by 32 hex digits") from error
