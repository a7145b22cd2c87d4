"""A description as Grafana's dashboard JSON; no address, folder or id of any one installation is in it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from tools.dashboards import influxql, promql
from tools.dashboards.description import COLUMNS, Figure, Panel, Row, both
from tools.dashboards.hub import RUNNING
from tools.dashboards.sites import ANALYZERS, CAMERAS, COLD_CHAIN, GATES

ROWS = (COLD_CHAIN, CAMERAS, GATES, ANALYZERS, RUNNING)
# Grafana 9; later ones read it and carry it over.
SCHEMA_VERSION = 36
_TYPES = {"curves": "timeseries", "bars": "timeseries", "number": "stat", "table": "table"}


class Language(NamedTuple):
    """How a kind of server is asked."""

    name: str
    plugin: str
    sites: str
    target: Callable[[Figure, Panel], dict[str, Any]]


LANGUAGES = (
    Language(promql.NAME, promql.PLUGIN, promql.SITES, promql.target),
    Language(influxql.NAME, influxql.PLUGIN, influxql.SITES, influxql.target),
)


def dashboard(language: Language) -> dict[str, Any]:
    """The whole of it, for one kind of server."""
    return {
        "title": f"epihub ({language.name})",
        "uid": f"epihub-{language.name}",
        "tags": ["epihub"],
        "editable": True,
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": [_source_choice(language), _site_choice(language)]},
        "panels": list(_panels(language, ROWS)),
    }


def _source(language: Language) -> dict[str, str]:
    return {"type": language.plugin, "uid": "${datasource}"}


def _source_choice(language: Language) -> dict[str, Any]:
    return {
        "name": "datasource", "label": "Server · Máy chủ", "type": "datasource", "query": language.plugin,
        "current": {}, "hide": 0, "multi": False, "includeAll": False, "refresh": 1, "regex": "",
    }  # fmt: skip


def _site_choice(language: Language) -> dict[str, Any]:
    return {
        "name": "site", "label": "Site · Cơ sở", "type": "query", "datasource": _source(language),
        "query": language.sites, "refresh": 2, "sort": 1, "regex": "",
        "multi": True, "includeAll": True, "allValue": ".*", "hide": 0,
        "current": {"text": ["All"], "value": ["$__all"]},
    }  # fmt: skip


def _panels(language: Language, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """Row by row, from the left; a panel that has no room begins below the others."""
    number, top = 0, 0
    for row in rows:
        number += 1
        place = {"h": 1, "w": COLUMNS, "x": 0, "y": top}
        yield {"id": number, "type": "row", "title": both(row.title), "collapsed": False, "gridPos": place,
               "panels": []}  # fmt: skip
        top, left, height = top + 1, 0, 0
        for panel in row.panels:
            if left + panel.width > COLUMNS:
                top, left, height = top + height, 0, 0
            number += 1
            place = {"h": panel.height, "w": panel.width, "x": left, "y": top}
            yield {"id": number, "gridPos": place, **_panel(language, panel)}
            left, height = left + panel.width, max(height, panel.height)
        top += height


def _panel(language: Language, panel: Panel) -> dict[str, Any]:
    targets = [
        {"refId": chr(ord("A") + place), "datasource": _source(language), **language.target(figure, panel)}
        for place, figure in enumerate(panel.figures)
    ]
    made = {
        "type": _TYPES[panel.kind],
        "title": both(panel.title),
        "description": "\n\n".join(part for part in panel.note if part),
        "datasource": _source(language),
        "interval": panel.every,
        "targets": targets,
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _options(panel),
    }
    if panel.kind == "table":
        hidden = {"excludeByName": {"Time": True, "__name__": True}, "indexByName": {}, "renameByName": {}}
        made["transformations"] = [{"id": "organize", "options": hidden}]
    return made


def _defaults(panel: Panel) -> dict[str, Any]:
    steps = panel.steps or ((None, "green"),)
    made: dict[str, Any] = {
        "unit": panel.unit,
        "mappings": _mappings(panel),
        "thresholds": {"mode": "absolute", "steps": [{"value": at, "color": colour} for at, colour in steps]},
        "custom": _drawing(panel),
    }
    made |= {"min": panel.least} if panel.least is not None else {}
    return made | ({"max": panel.most} if panel.most is not None else {})


def _mappings(panel: Panel) -> list[dict[str, Any]]:
    words = {
        str(value): {"text": text, "color": colour, "index": place}
        for place, (value, text, colour) in enumerate(panel.words)
    }
    return [{"type": "value", "options": words}] if words else []


def _drawing(panel: Panel) -> dict[str, Any]:
    if panel.kind == "table":
        coloured = panel.words or panel.steps
        return {"cellOptions": {"type": "color-text" if coloured else "auto"}, "filterable": True}
    if panel.kind == "number":
        return {}
    bars = panel.kind == "bars"
    return {
        "drawStyle": "bars" if bars else "line",
        "fillOpacity": 60 if bars else 0,
        "stacking": {"mode": "normal" if bars else "none", "group": "A"},
        "lineWidth": 1,
        "showPoints": "auto",
        "spanNulls": False,
        "thresholdsStyle": {"mode": "dashed" if panel.steps else "off"},
    }


def _options(panel: Panel) -> dict[str, Any]:
    if panel.kind == "table":
        return {"showHeader": True}
    if panel.kind == "number":
        calculation = {"calcs": ["lastNotNull"], "fields": "", "values": False}
        return {"reduceOptions": calculation, "colorMode": "none", "textMode": "value_and_name"}
    legend = {"displayMode": "list", "placement": "bottom", "showLegend": True}
    return {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}
