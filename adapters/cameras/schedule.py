"""Which picture is judged next: by deadline, whoever was not looked at longest first, within a budget.

Decoding costs CPU that the laboratory's messages need, too. Checks get a share of it; where that is not
enough, each camera is looked at more rarely by the same factor, and that is told: ``check_seconds``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

# Ours: 20 ms a check until some were measured: decoding 1080p costs 20 ms, 720p 11 ms and 4 ms to judge.
FIRST_COST_S = 0.02
_WEIGHT = 0.05  # of one check in the mean of what they cost
ONCE_MORE_S = 30.0  # a keyframe that was asked for and did not come is asked for again after so long


@dataclass(slots=True)
class _Place:
    check_seconds: float
    is_asked: bool
    due_s: float
    checked_s: float
    asked_s: float | None = None


@dataclass(slots=True)
class CheckSchedule:
    """Of all cameras of an edge, by name; times in seconds of one clock. ``cpu_share``: of one core."""

    cpu_share: float = 0.5
    cost_s: float = FIRST_COST_S
    _places: dict[str, _Place] = field(default_factory=dict, init=False)
    _demand: float = field(default=0.0, init=False)  # checks a second that are wanted

    def put(self, name: str, check_seconds: float, at_s: float, *, is_asked: bool = True) -> None:
        """A camera that streams from now on, due at once: nobody knows how it comes back.

        Not ``is_asked``: its pictures come by themselves (duty), and only what they cost is counted.
        """
        due_s = at_s if is_asked else float("inf")
        self._places[name] = _Place(check_seconds, is_asked, due_s, at_s - check_seconds)
        self._count()

    def drop(self, name: str) -> None:
        """It does not stream any more."""
        if self._places.pop(name, None):
            self._count()

    def _count(self) -> None:
        self._demand = sum(1 / place.check_seconds for place in self._places.values())

    @property
    def stretch(self) -> float:
        """By how much every interval is longer than was asked for; 1.0: the share is enough."""
        return max(1.0, self._demand * self.cost_s / self.cpu_share)

    def check_seconds(self, name: str) -> float | None:
        """How often it is looked at in truth; None: not at all just now."""
        place = self._places.get(name)
        return place.check_seconds * self.stretch if place else None

    def due(self, at_s: float, most: int) -> list[str]:
        """Whose keyframe is to be asked for now, at most so many: they count as asked."""
        waiting = [
            (place.checked_s, name)
            for name, place in self._places.items()
            if place.due_s <= at_s and (place.asked_s is None or at_s - place.asked_s >= ONCE_MORE_S)
        ]
        names = [name for _, name in sorted(waiting)[:most]]
        for name in names:
            self._places[name].asked_s = at_s
        return names

    def first(self, names: Iterable[str]) -> str:
        """Of these, the one that was not looked at longest; it may have gone meanwhile."""
        return min(names, key=lambda name: (self._checked_s(name), name))

    def checked(self, name: str, at_s: float, cost_s: float | None) -> None:
        """Its picture was judged, for so many CPU seconds; None: given up, nothing was measured."""
        if cost_s is not None:
            self.cost_s += _WEIGHT * (cost_s - self.cost_s)
        if place := self._places.get(name):
            place.asked_s, place.checked_s = None, at_s
            if place.is_asked:
                place.due_s = at_s + place.check_seconds * self.stretch

    def hasten(self, name: str, at_s: float) -> None:
        """Somebody asks for a check now."""
        place = self._places.get(name)
        if place and place.is_asked:
            place.due_s, place.asked_s = at_s, None

    def _checked_s(self, name: str) -> float:
        place = self._places.get(name)
        return place.checked_s if place else float("-inf")
