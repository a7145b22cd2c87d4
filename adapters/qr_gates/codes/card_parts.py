"""Joins SMART Health Cards that were cut into several codes: shown one after the other at one gate."""

from adapters.qr_gates.codes.families.smart_health_card import CardPart

PATIENCE_MS = 60_000


class CardParts:
    """Of one gate. A new person's first code begins anew; nothing older than a minute is kept."""

    def __init__(self) -> None:
        self._parts: dict[int, str] = {}
        self._count = 0
        self._at_ms = 0

    def add(self, part: CardPart, now_ms: int) -> str | None:
        """The whole text when this was the last part; None: further ones are awaited."""
        other = self._parts.get(part.part, part.text)
        if now_ms - self._at_ms > PATIENCE_MS or part.parts != self._count or other != part.text:
            self._parts.clear()
        self._count, self._at_ms = part.parts, now_ms
        self._parts[part.part] = part.text
        if len(self._parts) < self._count:
            return None
        whole = "".join(self._parts[place] for place in sorted(self._parts))
        self._parts.clear()
        return whole

    @property
    def missing(self) -> int:
        """How many codes of the card in hand are still to come."""
        return self._count - len(self._parts) if self._parts else 0
