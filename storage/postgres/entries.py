"""The events of one commit on their way into the log, in order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.payloads import Payload
from storage.admission import Stored
from storage.contract import Arrival, Batch, Outcome


@dataclass(slots=True)
class Entry:
    """One event: ``refusal`` tells why it goes to quarantine, ``stored.number`` is 0 until it has one."""

    arrival: Arrival
    stored: Stored
    prepared: Any = None  # what its projection made of the payload
    refusal: str = ""
    replaced: bool = False  # an event of the same edge supersedes it

    @property
    def payload(self) -> Payload | None:
        return self.arrival.payload

    @property
    def key(self) -> tuple[bytes, str]:
        return self.stored.id, self.stored.event.edge


@dataclass(slots=True)
class Share:
    """One batch of a commit, and what became of it."""

    batch: Batch
    entries: list[Entry] = field(default_factory=list)
    refused: list[tuple[Arrival, str]] = field(default_factory=list)
    last_number: int = 0

    @property
    def outcome(self) -> Outcome:
        """After ``settle``."""
        stored = sum(entry.stored.number > 0 for entry in self.entries)
        refused = len(self.refused)
        duplicates = len(self.batch.arrivals) - stored - refused
        return Outcome(stored, duplicates, len(self.batch.poison) + refused, self.last_number)

    def settle(self, last_number: int) -> int:
        """The log's last number after this batch, given that before it."""
        self.last_number = max([last_number, *(entry.stored.number for entry in self.entries)])
        return self.last_number


def columns(rows: Sequence[tuple[Any, ...]], count: int) -> list[list[Any]]:
    """Rows turned into ``count`` arrays, as unnest takes them."""
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(count)]
