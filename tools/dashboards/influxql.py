"""Figures as InfluxQL: what InfluxDB answers at ``/query``, every generation of it."""

from typing import Any

from tools.dashboards.description import Figure, Panel

NAME = "influxql"
PLUGIN = "influxdb"
SITES = 'SHOW TAG VALUES FROM "epihub_reading" WITH KEY = "site"'
# Each series on its own, before they are put together: every tag that any measurement has.
SERIES = "*"
# Summed up over time and across series at once, these give the same.
_AT_ONCE = {("sum", "sum"), ("max", "max"), ("min", "min"), ("mean", "mean")}


def expression(figure: Figure, *, once: bool) -> str:
    """``SELECT max("value") FROM "epihub_reading" WHERE … GROUP BY time($__interval) fill(none)``."""
    by = [f'"{tag}"' for tag in figure.by]
    steps = [] if once else ["time($__interval)"]
    if not figure.across or (figure.over, figure.across) in _AT_ONCE:
        return _select(figure, f'{figure.over}("{figure.field}")', steps + by, once)
    each = _select(figure, f'{figure.over}("{figure.field}") AS "each"', [*steps, SERIES], once)
    whole = _grouped(steps + by, once)
    return f'SELECT {figure.across}("each") FROM ({each}) WHERE $timeFilter{whole}'  # noqa: S608  (names of ours)


def target(figure: Figure, panel: Panel) -> dict[str, Any]:
    """What Grafana's InfluxDB source asks."""
    alias = " ".join([figure.name, *(f"$tag_{tag}" for tag in figure.by)]).strip()
    return {
        "query": expression(figure, once=panel.kind in {"number", "table"}),
        "rawQuery": True,
        "alias": alias,
        "resultFormat": "table" if panel.kind == "table" else "time_series",
    }


def _select(figure: Figure, what: str, by: list[str], once: bool) -> str:
    where = (("site", "$site"),) * figure.at_site + figure.where
    chosen = "".join(f'"{tag}" =~ /^{pattern}$/ AND ' for tag, pattern in where)
    where_and_by = f"{chosen}$timeFilter{_grouped(by, once)}"
    return f'SELECT {what} FROM "{figure.measurement}" WHERE {where_and_by}'  # noqa: S608  (names of ours)


def _grouped(by: list[str], once: bool) -> str:
    grouped = f" GROUP BY {', '.join(by)}" if by else ""
    return grouped if once else f"{grouped} fill(none)"
