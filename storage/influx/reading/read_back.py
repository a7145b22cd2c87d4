"""What reading back is, whatever the language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from hub.errors import EpihubError


@dataclass(frozen=True, slots=True)
class DayFigures:
    """Points of a field on a UTC day (days since 1970-01-01) and the sum of their values."""

    day: int
    count: int
    sum: float


class Point(NamedTuple):
    """One instant of one series."""

    tags: tuple[str, ...]
    time_ms: int


class ReadBackFailed(EpihubError):
    """The server did not answer, or not what was asked; the text has codes of ours only."""


class CannotDelete(EpihubError):
    """This server, or this language, deletes no single points."""


class ReadBack(Protocol):
    """Blocks: called in a thread; not by two at once. Raises ReadBackFailed."""

    can_delete: bool

    def days(
        self,
        measurement: str,
        field: str,
        tags: Sequence[str],
        day_from: int,
        day_to: int,
        *,
        only: Mapping[str, str] | None = None,
    ) -> dict[tuple[str, ...], list[DayFigures]]:
        """By the values of ``tags`` (an absent one is empty): the days that have points, oldest first.

        ``day_to`` is not one of them. ``only``: tags that must have these values.
        """
        ...

    def delete(self, measurement: str, tags: Sequence[str], points: Sequence[Point]) -> None:
        """Delete these points, every field of them; raises CannotDelete, too."""
        ...

    def close(self) -> None: ...
