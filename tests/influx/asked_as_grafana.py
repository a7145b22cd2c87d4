"""Queries of the dashboards, asked of real servers as Grafana asks them: with its variables put in."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from tests.influx.servers import Influxd, VictoriaMetrics


class Span(NamedTuple):
    """Unix ms, both ends included."""

    start_ms: int
    end_ms: int


class Answered(NamedTuple):
    """One series of an answer: its tags, and its numbers in the order of time."""

    tags: Mapping[str, str]
    numbers: list[float]


def asked_by_promql(
    server: VictoriaMetrics, target: Mapping[str, Any], every: str, site: str, span: Span
) -> list[Answered]:
    """Of the Prometheus source."""
    whole = f"{(span.end_ms - span.start_ms) // 1000}s"
    query = target["expr"].replace("$site", site).replace("$__interval", every).replace("$__range", whole)
    end = {"time": span.end_ms / 1000} if target["instant"] else {"end": span.end_ms / 1000}
    path = "query" if target["instant"] else "query_range"
    steps = {} if target["instant"] else {"start": (span.start_ms + 1) / 1000, "step": every}
    asked = urlencode({"query": query, "nocache": "1", **steps, **end})
    status, body = server.ask("GET", f"/api/v1/{path}?{asked}")
    assert status == 200, body
    return [
        Answered(series["metric"], [float(number) for _, number in series.get("values") or [series["value"]]])
        for series in json.loads(body)["data"]["result"]
    ]


def asked_by_influxql(
    server: Influxd, target: Mapping[str, Any], every: str, site: str, span: Span, database: str
) -> list[Answered]:
    """Of the InfluxDB source."""
    when = f"time >= {span.start_ms}ms and time <= {span.end_ms}ms"
    query = target["query"].replace("$site", site).replace("$__interval", every).replace("$timeFilter", when)
    status, body = server.ask("GET", "/query", db=database, q=query, epoch="ms")
    assert status == 200, body
    (result,) = json.loads(body)["results"]
    assert "error" not in result, result
    return [
        Answered(series.get("tags", {}), [float(row[1]) for row in series["values"] if row[1] is not None])
        for series in result.get("series", ())
    ]
