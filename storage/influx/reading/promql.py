"""Reads back by PromQL: ``/api/v1/query_range`` of VictoriaMetrics. It deletes whole series only."""

from collections.abc import Mapping, Sequence

from storage.influx.reading.read_back import CannotDelete, DayFigures, Point
from storage.influx.server import ServerAddress


class PromqlReadBack:
    """``database``: what was written by v1 has a label ``db``; empty where v2 writes."""

    can_delete = False

    def __init__(self, address: ServerAddress, *, database: str = "") -> None:
        raise NotImplementedError

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
        raise NotImplementedError

    def delete(self, measurement: str, tags: Sequence[str], points: Sequence[Point]) -> None:
        raise CannotDelete("promql deletes no single points")

    def close(self) -> None:
        raise NotImplementedError
