"""Figures as PromQL: what Prometheus and VictoriaMetrics both answer."""

from typing import Any

from tools.dashboards.description import Figure, Panel

NAME = "promql"
PLUGIN = "prometheus"
_OVER = {"mean": "avg_over_time"}
_ACROSS = {"mean": "avg"}
SITES = "label_values(epihub_reading_value, site)"


def expression(figure: Figure, window: str) -> str:
    """``max_over_time(epihub_reading_value{site=~"$site"}[$__interval])``."""
    where = (("site", "$site"),) * figure.at_site + figure.where
    chosen = ",".join(f'{tag}=~"{pattern}"' for tag, pattern in where)
    over = _OVER.get(figure.over, f"{figure.over}_over_time")
    series = f"{over}({figure.measurement}_{figure.field}{{{chosen}}}[{window}])"
    if not figure.across:
        return series
    across = _ACROSS.get(figure.across, figure.across)
    return f"{across} by ({', '.join(figure.by)}) ({series})" if figure.by else f"{across}({series})"


def target(figure: Figure, panel: Panel) -> dict[str, Any]:
    """What Grafana's Prometheus source asks: curves step by step, the rest once, of the whole time shown."""
    once = panel.kind in {"number", "table"}
    legend = " ".join([figure.name, *(f"{{{{{tag}}}}}" for tag in figure.by)]).strip()
    return {
        "expr": expression(figure, "$__range" if once else "$__interval"),
        "legendFormat": legend,
        "instant": once,
        "range": not once,
        "format": "table" if panel.kind == "table" else "time_series",
    }
