"""What people do on the console, audited where it goes to the process beside us: calls that name who asks."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from api.audit_trail import AuditTrail, noted
from api.audited import plain
from api.deck import Deck
from api.edge.link import EdgeLink
from api.link import HubControl, HubLink

# Ids only: notes and reasons are people's own words, and stay where they are kept.
_TOLD = (
    "action",
    "site",
    "device",
    "incident",
    "entry",
    "lot",
    "unit",
    "edge",
    "zone",
    "name",
    "camera",
    "capture",
)


class AuditedControl:
    """A HubControl; a call without ``by`` is a question of the page itself."""

    def __init__(self, control: HubControl, trail: AuditTrail, now_ms: Callable[[], int]) -> None:
        self._control = control
        self._trail = trail
        self._now_ms = now_ms

    async def call(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        """Noted before it is asked; raises Problem 503 where that cannot be kept."""
        if by := str(arguments.get("by") or ""):
            told = " ".join(f"{key}={plain(str(arguments[key]))}" for key in _TOLD if arguments.get(key))
            await self._trail.keep(noted(self._now_ms(), by, "", "console", name, told, "asked"))
        return await self._control.call(name, **arguments)


def of_console(deck: Deck) -> Deck:
    """The deck whose changes are noted; the API's own routes note themselves (api/audited.py)."""
    if deck.trail is None:
        return deck
    hub = HubLink(AuditedControl(deck.hub.control, deck.trail, deck.now_ms))
    edge = deck.edge and EdgeLink(AuditedControl(deck.edge.control, deck.trail, deck.now_ms))
    return replace(deck, hub=hub, edge=edge)
