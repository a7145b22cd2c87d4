"""What a gate knows of the person before it and of its zone when it decides; made for one decision."""

from dataclasses import dataclass
from typing import Literal

Direction = Literal["in", "out"]
DEVICE_CLOCK_SECONDS = 60.0  # a clock that differs by more is shown, and widens what is asked of people


@dataclass(frozen=True, slots=True)
class Known:
    """Times in Unix ms by the edge's clock; None: never, or not known.

    ``seen_at_ms``: the last scan of this visit here in this direction. ``went``: the last passage.
    ``doses``, ``dosed_at_ms``: of the province's list of vaccinations. ``declarations_known`` False: there is
    no list of declarations, which says nothing of anybody. ``lacks_list``: one that the rules ask is missing.
    """

    seen_at_ms: int | None = None
    on_watch_list: bool = False
    positive_at_ms: int | None = None
    went: Direction | None = None
    went_at_ms: int | None = None
    declared_at_ms: int | None = None
    doses: int = 0
    dosed_at_ms: int | None = None
    occupancy: int = 0
    declarations_known: bool = True
    lacks_list: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where a code is shown. ``day_began_ms``: when anti-passback was forgotten last.

    ``clock_offset_s``: how far our clock is known to be off; 0: it is right, or nobody knows.
    """

    at_ms: int
    direction: Direction
    day_began_ms: int
    clock_offset_s: float = 0.0

    @property
    def grace_ms(self) -> int:
        """By how much time limits are widened: people are never refused for our clock."""
        offset = abs(self.clock_offset_s)
        return round(offset * 1000) if offset > DEVICE_CLOCK_SECONDS else 0
