"""Reads back by InfluxQL: ``/query`` of every InfluxDB (2.x needs a DBRP mapping of database to bucket)."""

from collections.abc import Mapping, Sequence

from storage.influx.reading.read_back import DayFigures, Point
from storage.influx.server import ServerAddress


class InfluxqlReadBack:
    """One database; ``retention_policy``: its own default if empty."""

    can_delete = True

    def __init__(self, address: ServerAddress, *, database: str, retention_policy: str = "") -> None:
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
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError
