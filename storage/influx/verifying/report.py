"""What a comparison found."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from hub.events import format_time
from storage.influx.comparing import Difference
from storage.influx.days import DAY_MS

# As many are named; the others are counted.
MOST_NAMED = 1000


@dataclass(slots=True)
class Report:
    """``cells``: series times days that were compared, over all fields; ``points``: of readings.

    ``coming``: cells that differ by what is on its way. ``foreign``: series that the store does not have.
    ``sent``: lines that were sent again; the server refused ``refused`` of them.
    ``history_before``: days before this one are still to be sent. ``unsent``: series of readings that no line
    can name, or beyond the projection's limit.
    """

    name: str
    history_before: int | None = None
    cells: int = 0
    points: int = 0
    coming: int = 0
    foreign: int = 0
    unsent: int = 0
    wrong: int = 0
    withdrawn: int = 0
    contested: int = 0
    repaired: int = 0
    sent: int = 0
    refused: int = 0
    differences: list[Difference] = field(default_factory=list)

    def add(self, differences: list[Difference]) -> None:
        """What stays."""
        for each in differences:
            self.wrong += each.wrong
            self.withdrawn += each.kind == "withdrawn"
            self.contested += each.kind == "contested"
        self.differences += differences[: MOST_NAMED - len(self.differences)]

    def builtins(self) -> dict[str, Any]:
        """For JSON: days as YYYY-MM-DD."""
        told = msgspec.to_builtins(self)
        told["history_before"] = None if self.history_before is None else day_text(self.history_before)
        told["differences"] = [_entry(each) for each in self.differences]
        return dict(told)


def day_text(day: int) -> str:
    """YYYY-MM-DD."""
    return format_time(day * DAY_MS)[:10]


def _entry(found: Difference) -> dict[str, Any]:
    return {
        "measurement": found.measurement,
        "field": found.field,
        "tags": dict(found.tags),
        "day": day_text(found.day),
        "kind": found.kind,
        "expected": msgspec.to_builtins(found.expected),
        "found": msgspec.to_builtins(found.found),
    }
