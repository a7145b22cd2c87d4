"""A time-series server in memory, as both real ones are; it drops lines in silence where it is told to."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from storage.influx.pages import Line
from storage.influx.reading.read_back import CannotDelete, DayFigures, Point
from storage.influx.server import Answer, Written
from tests.influx.pages_in_parts import KeptPoints

DAY_MS = 86_400_000


class KeptServer:
    """Writer and ReadBack in one; a point that is deleted is gone with all its fields."""

    def __init__(self, *, can_delete: bool = False) -> None:
        self.can_delete = can_delete
        self.kept = KeptPoints()
        self.drops: Callable[[str], bool] = lambda line: False
        self.answers: list[Answer] = []  # what is answered before anything is taken
        self.requests = 0

    def write(self, lines: Sequence[str]) -> Answer:
        self.requests += 1
        if self.answers:
            return self.answers.pop(0)
        self.kept.write(Line(line, 0) for line in lines if not self.drops(line))
        return Written()

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
        found: defaultdict[tuple[str, ...], defaultdict[int, list[float]]]
        found = defaultdict(lambda: defaultdict(list))
        for (name, pairs, at), fields in self.kept.points.items():
            told, day = dict(pairs), at // DAY_MS
            ours = all(told.get(tag, "") == value for tag, value in (only or {}).items())
            if name == measurement and field in fields and day_from <= day < day_to and ours:
                found[tuple(told.get(tag, "") for tag in tags)][day].append(fields[field])
        return {
            series: [DayFigures(day, len(values), sum(values)) for day, values in sorted(days.items())]
            for series, days in found.items()
        }

    def delete(self, measurement: str, tags: Sequence[str], points: Sequence[Point]) -> None:
        if not self.can_delete:
            raise CannotDelete("deletes no single points")
        for point in points:
            told = {tag: value for tag, value in zip(tags, point.tags, strict=True) if value}
            self.kept.points.pop((measurement, tuple(sorted(told.items())), point.time_ms), None)

    def close(self) -> None: ...
