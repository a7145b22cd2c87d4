"""All points that a real server keeps, read without any of our own code: by tags and time, field by field."""

import json
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from storage.influx.measurements import measurements
from tests.influx.pages_in_parts import Key
from tests.influx.servers import Influxd, VictoriaMetrics

NAMES = sorted((each.NAME for each in measurements()), key=len, reverse=True)


def kept_by_victoria_metrics(server: VictoriaMetrics, site: str = ".*") -> dict[Key, dict[str, float]]:
    """Every sample of ours that it shows: of a site, and of a hub of that name."""
    server.show()
    chosen = [("match[]", f'{{__name__=~"epihub_.*",{tag}=~"{site}"}}') for tag in ("site", "hub")]
    status, body = server.ask("GET", f"/api/v1/export?{urlencode([*chosen, ('start', '0')])}")
    assert status == 200, body
    found: dict[Key, dict[str, float]] = {}
    for line in body.decode().splitlines():
        told = json.loads(line)
        metric = told["metric"].pop("__name__")
        measurement = next(name for name in NAMES if metric.startswith(f"{name}_"))
        for time_ms, value in zip(told["timestamps"], told["values"], strict=True):
            point = found.setdefault(_key(measurement, told["metric"], time_ms), {})
            field = metric.removeprefix(f"{measurement}_")
            assert field not in point, "two values of one instant"
            point[field] = value
    return found


def kept_by_influxd(server: Influxd, database: str) -> dict[Key, dict[str, float]]:
    """Every point of ours that it shows."""
    found: dict[Key, dict[str, float]] = {}
    for measurement in NAMES:
        for tags, point in _points(server, database, measurement):
            time_ms = int(point.pop("time"))
            assert found.setdefault(_key(measurement, tags, time_ms), point) is point
    return found


def _points(
    server: Influxd, database: str, measurement: str
) -> Iterator[tuple[dict[str, str], dict[str, float]]]:
    query = f'SELECT * FROM "{measurement}" GROUP BY *'
    status, body = server.ask("GET", "/query", db=database, q=query, epoch="ms")
    assert status == 200, body
    for series in json.loads(body)["results"][0].get("series", ()):
        for row in series["values"]:
            fields = zip(series["columns"], row, strict=True)
            yield series.get("tags", {}), {name: value for name, value in fields if value is not None}


def _key(measurement: str, tags: Mapping[str, str], time_ms: int) -> Key:
    return measurement, tuple(sorted((name, value) for name, value in tags.items() if value)), time_ms
