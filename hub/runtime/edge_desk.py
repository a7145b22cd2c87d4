"""What an edge tells people on its local socket: how it stands, what it keeps, and raw messages, audited."""

import asyncio
import os
from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from hub.contract import Frame, Picture
from hub.control import Answer, Handler
from hub.edge.audit import AuditTrail, By, Look, reason_of
from hub.edge.devices import Device
from hub.edge.edge import Edge
from hub.edge.replay import discard
from hub.events import format_time
from hub.runtime.captures import capture_of
from hub.spool import Capture
from hub.spool.desk import CaptureEntry, CaptureFilter, SpoolDesk
from hub.streams.clock import now_ms

AUDIT = "raw-looks.jsonl"
MOST_RAW_BYTES = 2 << 20  # in base64 it fits a line of the socket; no frame of today is larger
MOST_PICTURE_BYTES = 768 << 10  # beside it


class EdgeDesk:
    """Answers for one running edge."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.spool = SpoolDesk(edge.spool.path)
        self.audit = AuditTrail(edge.settings.keys.parent / "audit" / AUDIT)

    def calls(self) -> dict[str, Handler]:
        return {
            "edge.status": self.status,
            "edge.devices": self.devices,
            "edge.unsendable": self.unsendable,
            "captures.list": self.captures,
            "captures.look": self.look,
            "captures.looks": self.looks,
            "quarantine.page": self.quarantine,
            "quarantine.discard": self.discard,
        }

    async def status(self) -> Answer:
        """Times are Unix ms; ``bus.since_ms`` 0: not since the start."""
        edge, standing = self.edge, await self.spool.standing()
        relay, books = edge.relay.counters, edge.spool.books
        return {
            "edge": edge.settings.id,
            "site": edge.settings.site,
            "version": edge.settings.version,
            "session": edge.spool.session,
            "spool": msgspec.to_builtins(edge.spool.figures()) | {"full": books.full},
            "bus": {
                "connected": relay.connected,
                "since_ms": relay.line_since_ms,
                "hub_online": relay.connected and relay.hub_online,
            },
            "oldest_waiting_ms": standing.oldest_waiting_ms,
            "quarantined": standing.quarantined,
            "unsendable": standing.unsendable,
            "weak_pseudonyms": edge.pseudonyms.weak,
        }

    async def devices(self) -> Answer:
        """Every device with its counters since the start; ``last_message_ms`` 0: nothing came since."""
        return {"items": [self._device(device) for device in self.edge.book.devices.values()]}

    async def unsendable(self, limit: int = 100) -> Answer:
        """Rows that the bus could not carry, the newest first; never their bodies."""
        return {"items": [row._asdict() for row in await self.spool.unsendable(limit)]}

    async def captures(
        self,
        device: str | None = None,
        from_ms: int = 0,
        to_ms: int = 2**62,
        limit: int = 100,
        before: tuple[int, int] = (2**62, 2**62),
    ) -> Answer:
        """Kept messages, unopened, the newest first; ``next`` is the next ``before``, null at the end."""
        wanted = CaptureFilter(device, from_ms, to_ms, (int(before[0]), int(before[1])))
        found = await self.spool.captures(wanted, limit)
        last = found[-1] if len(found) == limit else None
        return {
            "items": [self._capture(entry) for entry in found],
            "next": [last.received_ms, last.n] if last else None,
        }

    async def quarantine(self, state: str | None = None, limit: int = 100, before: int = 2**62) -> Answer:
        """Entries, the newest first; ``next`` is the next ``before``, null at the end."""
        found = await self.spool.quarantine(state, limit, before)
        items = [entry._asdict() | {"site": self._site(entry.device)} for _, entry in found]
        return {"items": items, "next": found[-1][0] if len(found) == limit else None}

    async def look(
        self, capture: str, reason: str, by: str = "", through: By = "command", session: str = ""
    ) -> Answer:
        """Raw bytes: personal data. The audit row is on disk before they are answered (design 8)."""
        told = reason_of(reason)
        found = await capture_of(self.edge, capture)
        who = by or f"uid {os.getuid()}"
        await self.audit.write(
            Look(format_time(now_ms()), who, through, found.id.hex(), found.device, told, session)
        )
        return raw_answer(found, await self._pictures(found))

    async def looks(self, limit: int = 100) -> Answer:
        """The audit rows, the newest first."""
        return {"items": [msgspec.to_builtins(row) for row in await self.audit.newest(limit)]}

    async def discard(self, capture: str) -> Answer:
        """A person decided that these bytes mean nothing; they stay as long as any capture."""
        found = await capture_of(self.edge, capture)
        await discard(self.edge.spool, self.edge.captures.outlet_of(found), found)
        return {"outcome": "done", "reason": "discarded", "events": 0}

    async def _pictures(self, found: Capture) -> Sequence[Picture]:
        """Those inside it, as its device's adapter finds them; they are kept nowhere else."""
        adapter = self.edge.adapters.get(found.device)
        if adapter is None:
            return ()
        frame = Frame(found.contents.raw, found.contents.control, found.contents.origin)
        return await asyncio.to_thread(adapter.pictures, frame)

    def _device(self, device: Device) -> dict[str, Any]:
        told: dict[str, Any] = msgspec.to_builtins(device)
        return told | {"messages": msgspec.to_builtins(self.edge.outlets[device.id].counters)}

    def _capture(self, entry: CaptureEntry) -> dict[str, Any]:
        return entry._asdict() | {"site": self._site(entry.device)}

    def _site(self, device: str) -> str:
        known = self.edge.book.devices.get(device)
        return known.site if known else self.edge.settings.site


def raw_answer(found: Capture, pictures: Sequence[Picture] = ()) -> Answer:
    """One opened capture as JSON; at most 2 MiB of its bytes, and ``bytes`` how many there are.

    Of its pictures 768 KiB; ``content`` of those beyond is null.
    """
    contents = found.contents
    return {
        "capture": found.id.hex(),
        "device": found.device,
        "adapter": found.adapter,
        "received_ms": found.received_ms,
        "origin": contents.origin,
        "bytes": len(contents.raw),
        "raw": b64encode(contents.raw[:MOST_RAW_BYTES]).decode(),
        "events": [
            {"id": emitted.id, "type": emitted.type, "key": emitted.key} for emitted in contents.emitted
        ],
        "pictures": list(_told(pictures)),
    }


def _told(pictures: Sequence[Picture]) -> Iterator[dict[str, Any]]:
    left = MOST_PICTURE_BYTES
    for picture in pictures:
        size = len(picture.content)
        content = b64encode(picture.content).decode() if size <= left else None
        left -= size if content is not None else 0
        yield {
            "place": picture.place,
            "kind": picture.kind,
            "sha256": picture.sha256,
            "bytes": size,
            "content": content,
        }
