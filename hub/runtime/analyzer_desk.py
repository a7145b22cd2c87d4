"""How each analyzer of an edge stands by what it sent lately: rhythm, unmapped codes, quarantine, queues."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from hub.control import Answer, Handler
from hub.edge.devices import Device
from hub.edge.edge import Edge
from hub.runtime.message_contents import results_of
from hub.spool.desk import SpoolDesk
from hub.spool.messages import Message, MessageFilter
from hub.streams.clock import now_ms
from hub.unmapped_codes import unmapped_codes

LOOKED_AT = 300  # the newest messages of analyzers, opened for one answer
MOST_CODES = 20
HOURS = 24
_HOUR_MS = 3_600_000


class AnalyzerDesk:
    """Answers for one running edge."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.spool = SpoolDesk(edge.spool.path)

    def calls(self) -> dict[str, Handler]:
        return {"analyzers.list": self.listed}

    async def listed(self) -> Answer:
        """{items, looked_at, since_ms}: ``hours`` counts messages of the last 24 hours, the oldest first.

        ``unmapped`` is counted in the ``looked_at`` newest messages of these hours, back to ``since_ms``.
        """
        analyzers = tuple(
            name for name, adapter in self.edge.adapters.items() if adapter.label_patterns() is not None
        )
        first = now_ms() // _HOUR_MS - HOURS + 1
        hours = await self.spool.hours(first)
        wanted = MessageFilter(from_ms=first * _HOUR_MS, devices=analyzers)
        found = await self.spool.messages(self.edge.spool.sealer, wanted, LOOKED_AT)
        messages = found.found
        by_device: dict[str, list[Message]] = {}
        for message in messages:
            by_device.setdefault(message.device, []).append(message)
        waiting = await self.spool.waiting_by_device()
        items = [
            self._device(device, by_device.get(name, ()), hours.get(name, {}), first, waiting.get(name, 0))
            for name, device in self.edge.book.devices.items()
            if name in analyzers
        ]
        since_ms = messages[-1].received_ms if messages else None
        return {"items": items, "looked_at": len(messages), "since_ms": since_ms}

    def _device(
        self, device: Device, messages: Sequence[Message], hours: dict[int, int], first: int, waiting: int
    ) -> dict[str, Any]:
        codes: Counter[tuple[str, str]] = Counter()
        for message in messages:
            codes.update(
                code for _, result in results_of(message.emitted or ()) for code in unmapped_codes(result)
            )
        newest_ms = messages[0].received_ms if messages else 0
        return {
            "id": device.id,
            "site": device.site,
            "kind": device.kind,
            "state": device.state,
            "reason": device.reason,
            "since_ms": device.since_ms,
            "last_message_ms": max(device.last_message_ms, newest_ms) or None,
            "clock_offset_s": device.clock_offset_s,
            "hours": [hours.get(hour, 0) for hour in range(first, first + HOURS)],
            "unmapped": [
                {"test": test, "target": target, "count": count}
                for (test, target), count in codes.most_common(MOST_CODES)
            ],
            "more_unmapped": max(0, len(codes) - MOST_CODES),
            "quarantined": waiting,
            "messages": msgspec.to_builtins(self.edge.outlets[device.id].counters),
            "forwards": self._forwards(device.id),
        }

    def _forwards(self, device: str) -> list[dict[str, Any]]:
        return [
            {
                "id": name,
                "waiting": forward.book.waiting,
                "dead": forward.book.dead,
                "trouble": forward.counters.trouble,
            }
            for name, forward in self.edge.forwards.items()
            if forward.settings.device == device
        ]
