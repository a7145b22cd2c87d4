"""What an edge answers about the screens of its gates: what is shown, and how the gates stand."""

from dataclasses import asdict
from typing import Any

from hub.control import Answer, Handler
from hub.edge.edge import Edge
from hub.edge.screens import Screens

GATE_KIND = "gate_"  # what the kinds of all gates begin with


class ScreenDesk:
    """Answers for one running edge; nothing of it is ever kept."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge

    def calls(self) -> dict[str, Handler]:
        return {"screens.next": self.next}

    async def next(self, life: int = 0, after: int = 0, wait_seconds: float = 0.0) -> Answer:
        """Screens after number ``after`` of ``life``, at once or when one comes; and how each gate stands.

        ``items``: {age_ms device at_ms decision reason remarks initials birth_year took_ms}, oldest first.
        Ask again with the ``life`` and ``newest`` of the answer.
        """
        screens: Screens = self.edge.screens
        await screens.wait(int(life), int(after), float(wait_seconds))
        items = [{"age_ms": age_ms} | asdict(one) for age_ms, one in screens.since(int(life), int(after))]
        return {"life": screens.life, "newest": screens.newest, "items": items, "gates": self._gates()}

    def _gates(self) -> dict[str, dict[str, Any]]:
        return {
            name: {"state": device.state, "reason": device.reason, "clock_offset_s": device.clock_offset_s}
            for name, device in self.edge.book.devices.items()
            if device.kind.startswith(GATE_KIND)
        }
