"""Devices that are out of service, for good or until a time: the fold of the entries that say so."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from hub.alarms.incidents.entries import Entry
from hub.alarms.incidents.states import Kind


class Window(NamedTuple):
    """Of a device that is out of service. ``until_ms`` None: until somebody puts it back."""

    site: str
    until_ms: int | None = None


@dataclass(slots=True)
class Services:
    """``out``: by device."""

    out: dict[str, Window] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Services":
        """What all entries about service say, in their order."""
        made = cls()
        for entry in entries:
            made.follow(entry)
        return made

    def follow(self, entry: Entry) -> bool:
        """Whether the entry is about service."""
        if entry.kind is Kind.OUT_OF_SERVICE:
            until = entry.detail.get("until")
            self.out[entry.device] = Window(entry.site, until if isinstance(until, int) else None)
        elif entry.kind is Kind.IN_SERVICE:
            self.out.pop(entry.device, None)
        else:
            return False
        return True

    def due(self, now_ms: int) -> list[tuple[str, Window]]:
        """Devices whose time is up, by name."""
        return sorted(
            (device, window)
            for device, window in self.out.items()
            if window.until_ms is not None and window.until_ms <= now_ms
        )

    @property
    def next_ms(self) -> int | None:
        """When the next one's is."""
        return min((until for _, until in self.out.values() if until is not None), default=None)
