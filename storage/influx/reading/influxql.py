"""Reads back by InfluxQL: ``/query`` of every InfluxDB (2.x needs a DBRP mapping of database to bucket)."""

from collections.abc import Mapping, Sequence

import msgspec

from storage.influx.reading.asking import TOO_LONG, Found, Questions, in_windows
from storage.influx.reading.read_back import CannotDelete, DayFigures, Point, ReadBackFailed
from storage.influx.server import ServerAddress

PATH = "/query"
DAY_MS = 86_400_000
DELETED_AT_ONCE = 100


class _Series(msgspec.Struct):
    """Columns: time in ms, count, sum. ``partial``: cut at the server's max-row-limit."""

    values: list[tuple[int, int, float]]
    tags: dict[str, str] = {}
    partial: bool = False


class _Result(msgspec.Struct):
    series: list[_Series] = []
    error: str = ""
    partial: bool = False


class _Answer(msgspec.Struct):
    results: list[_Result] = []
    error: str = ""


class InfluxqlReadBack:
    """One database; ``retention_policy``: its own default if empty."""

    can_delete = True

    def __init__(self, address: ServerAddress, *, database: str, retention_policy: str = "") -> None:
        self.database = database
        self.retention_policy = retention_policy
        self._questions = Questions(address, PATH, "Token")

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
        """As ReadBack says."""
        what = f"count({_name(field)}), sum({_name(field)})"
        source = self._source(measurement)
        where = "".join(f" AND {_equal(tag, value)}" for tag, value in (only or {}).items())
        by = ", ".join(map(_name, tags))

        def window(first: int, last: int) -> Found:
            time = f"time >= {first * DAY_MS}ms AND time < {last * DAY_MS}ms"
            query = f"SELECT {what} FROM {source} WHERE {time}{where} GROUP BY {by}, time(1d) fill(none)"  # noqa: S608  # escaped
            return self._figures(query, tags)

        return in_windows(window, day_from, day_to)

    def delete(self, measurement: str, tags: Sequence[str], points: Sequence[Point]) -> None:
        """As ReadBack says; InfluxDB deletes them from every retention policy of the database."""
        for at in range(0, len(points), DELETED_AT_ONCE):
            self._delete(measurement, tags, points[at : at + DELETED_AT_ONCE])

    def close(self) -> None:
        self._questions.close()

    def _figures(self, query: str, tags: Sequence[str]) -> Found:
        found: Found = {}
        for result in self._ask(query):
            for series in result.series:
                if series.partial or result.partial:
                    raise ReadBackFailed(TOO_LONG)
                key = tuple(series.tags.get(tag, "") for tag in tags)
                found[key] = [DayFigures(at // DAY_MS, count, total) for at, count, total in series.values]
        return found

    def _delete(self, measurement: str, tags: Sequence[str], points: Sequence[Point]) -> None:
        statements = (_deletion(measurement, tags, point) for point in points)
        try:
            self._ask("; ".join(statements))
        except ReadBackFailed as error:
            if str(error) in {"http_400", "http_404", "http_405", "http_501", "query.refused"}:
                raise CannotDelete("delete.unsupported") from None
            raise

    def _ask(self, query: str) -> list[_Result]:
        answer = self._questions.ask({"db": self.database, "epoch": "ms", "q": query}, _Answer)
        if answer.error or any(result.error for result in answer.results):
            raise ReadBackFailed("query.refused")  # the database is none, or not for us
        return answer.results

    def _source(self, measurement: str) -> str:
        if self.retention_policy:
            return f"{_name(self.retention_policy)}.{_name(measurement)}"
        return _name(measurement)


def _deletion(measurement: str, tags: Sequence[str], point: Point) -> str:
    named = " AND ".join(_equal(tag, value) for tag, value in zip(tags, point.tags, strict=True))
    return f"DELETE FROM {_name(measurement)} WHERE {named} AND time = {point.time_ms}ms"  # noqa: S608  # escaped


def _equal(tag: str, value: str) -> str:
    return f"{_name(tag)} = {_text(value)}"


def _name(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"
