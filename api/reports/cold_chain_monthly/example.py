"""What the description of the API shows of the monthly report; shortened where rows repeat."""

from api.reports.report import Facts
from api.unit_exposures import EXAMPLE_FIGURES

EXAMPLE: Facts = {
    "report": "cold-chain-monthly",
    "version": 1,
    "hub": "dong-nai",
    "unit": {
        "id": "tu-lanh-07",
        "site": "kho-vac-xin",
        "site_name": "Kho vắc xin tỉnh",
        "kind": "cold_mqtt",
        "profile": "fridge",
        "rules": "fridge@1",
        "metric": "temp.vaccine",
        "low": 2.0,
        "high": 8.0,
        "hold_seconds": 1800,
    },
    "period": {
        "month": "2026-11",
        "timezone": "Asia/Ho_Chi_Minh",
        "from": "2026-10-31T17:00:00.000Z",
        "to": "2026-11-30T17:00:00.000Z",
        "cutoff": "2026-12-05T17:00:00.000Z",
        "final": True,
    },
    "figures": {**EXAMPLE_FIGURES, "excursions": 1, "longest_excursion_minutes": 43, "degree_hours": 0.6},
    "days": [{"day": "2026-11-01", "gaps": [[605, 907]]}],
    "excursions": [],
    "incidents": [],
    "checks": {"expected": 60, "done": 58, "missed": [{"day": "2026-11-08", "round": "PM"}], "looks": []},
    "lots": [],
    "calibrations": [],
}
