"""Reads back by PromQL: ``/api/v1/query_range`` of VictoriaMetrics. It deletes whole series only."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import msgspec

from storage.influx.reading.asking import Found, Questions, in_windows
from storage.influx.reading.read_back import CannotDelete, DayFigures, Point, ReadBackFailed
from storage.influx.server import ServerAddress

PATH = "/api/v1/query_range"
DAY_SECONDS = 86_400
# A range ends with its instant and begins behind the one before it: (00:00:00.000 of the day before last …].
# So a day is asked for at its last millisecond.
LAST_SECONDS = 0.001


class _Series(msgspec.Struct):
    metric: dict[str, str]
    values: list[tuple[float, str]]


class _Data(msgspec.Struct):
    result: list[_Series]


class _Answer(msgspec.Struct, rename={"partial": "isPartial"}):
    """``partial``: a cluster answered without some of its nodes."""

    status: str
    data: _Data
    partial: bool = False


class PromqlReadBack:
    """``database``: what was written by v1 has a label ``db``; empty where v2 writes."""

    can_delete = False

    def __init__(self, address: ServerAddress, *, database: str = "") -> None:
        self.database = database
        self._questions = Questions(address, PATH, "Bearer")

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
        """As ReadBack says; count and sum are two questions."""
        selector = _selector(f"{measurement}_{field}", {"db": self.database, **(only or {})})

        def window(first: int, last: int) -> Found:
            counts = self._values("count", selector, tags, first, last)
            sums = self._values("sum", selector, tags, first, last)
            return {
                key: [
                    DayFigures(day, round(count), sums.get(key, {}).get(day, 0.0))
                    for day, count in days.items()
                ]
                for key, days in counts.items()
            }

        return in_windows(window, day_from, day_to)

    def delete(self, measurement: str, tags: Sequence[str], points: Sequence[Point]) -> None:
        raise CannotDelete("delete.unsupported")

    def close(self) -> None:
        self._questions.close()

    def _values(
        self, figure: str, selector: str, tags: Sequence[str], first: int, last: int
    ) -> dict[tuple[str, ...], dict[int, float]]:
        """By series and day."""
        form = {
            "query": f"sum by ({', '.join(tags)}) ({figure}_over_time({selector}[1d]))",
            "start": f"{(first + 1) * DAY_SECONDS - LAST_SECONDS:.3f}",
            "end": f"{last * DAY_SECONDS - LAST_SECONDS:.3f}",
            "step": str(DAY_SECONDS),
            "nocache": "1",  # else VictoriaMetrics moves start and end to whole steps
        }
        answer = self._questions.ask(form, _Answer)
        if answer.partial:
            raise ReadBackFailed("answer.partial")
        return {
            tuple(series.metric.get(tag, "") for tag in tags): dict(map(_day_and_value, series.values))
            for series in answer.data.result
        }


def _day_and_value(sample: tuple[float, str]) -> tuple[int, float]:
    at, text = sample
    try:
        value = float(text)
    except ValueError:
        raise ReadBackFailed("answer.unreadable") from None
    if not isfinite(value):
        raise ReadBackFailed("answer.unreadable")
    return round((at + LAST_SECONDS) / DAY_SECONDS) - 1, value


def _selector(name: str, labels: Mapping[str, Any]) -> str:
    written = ", ".join(f"{label}={_quoted(value)}" for label, value in labels.items())
    return f"{name}{{{written}}}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
