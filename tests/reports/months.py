"""A month of one unit as the report has it, with something of every kind."""

from typing import Any

_FIGURES: dict[str, Any] = {
    "minutes": 1440,
    "completeness_percent": 99.3,
    "unseen_minutes": 10,
    "inside_minutes": 1390,
    "above_minutes": 40,
    "below_minutes": 0,
    "inside_percent_of_seen": 97.2,
    "min": 3.1,
    "max": 9.4,
    "mean": 4.9,
    "mean_kinetic": 4.97,
    "freezing_minutes": 0,
}
CLOCK: dict[str, Any] = {
    "as_of": "2026-10-31T17:00:00.000Z",
    "from": "2026-10-05T02:00:00.000Z",
    "to": "2026-10-31T17:00:00.000Z",
    "thawed": "2026-10-05T02:00:00.000Z",
    "thaw_inferred": False,
    "fridge_days": 26.2,
    "days_left": -4,
    "discard_after": "2026-11-05T02:00:00.000Z",
    "above_minutes": 40,
    "below_minutes": 0,
    "out_minutes": 40,
    "unseen_minutes": 310,
    "frozen": None,
    "least": 3.1,
    "greatest": 9.4,
    "mean_kinetic": 4.97,
    "vvm_life_lost_percent": None,
    "flags": ["THAW_OVER", "REFROZEN"],
}


def month(**changes: Any) -> dict[str, Any]:
    days = [
        {
            "day": f"2026-10-{day:02d}",
            **_FIGURES,
            "min": 3.0 + day % 4 / 2,
            "max": 6.0 + (day % 9) / 2.5,
            "above_minutes": 40 if 6.0 + (day % 9) / 2.5 > 8 else 0,
            "gaps": [[600, 900]] if day == 20 else [[0, 1440]] if day == 21 else [],
        }
        for day in range(1, 32)
    ]
    days[20] |= dict.fromkeys(("min", "max", "mean", "mean_kinetic"), None)
    return {
        "report": "cold-chain-monthly",
        "version": 1,
        "hub": "dong-nai",
        "unit": {
            "id": "tu-lanh-07",
            "site": "kho-vac-xin",
            "site_name": "Kho vắc xin tỉnh Đồng Nai",
            "kind": "cold_mqtt",
            "profile": "fridge",
            "rules": "fridge@1",
            "metric": "temp.vaccine",
            "low": 2.0,
            "high": 8.0,
            "hold_seconds": 1800,
        },
        "period": {
            "month": "2026-10",
            "timezone": "Asia/Ho_Chi_Minh",
            "from": "2026-09-30T17:00:00.000Z",
            "to": "2026-10-31T17:00:00.000Z",
            "cutoff": "2026-11-05T17:00:00.000Z",
            "final": True,
        },
        "figures": {
            **_FIGURES,
            "minutes": 44640,
            "freezing_minutes": 75,
            "hottest_window": {
                "from": "2026-10-08T17:00:00.000Z",
                "to": "2026-10-09T17:00:00.000Z",
                "mean_kinetic": 6.12,
            },
            "vvm_life_lost_percent": {"VVM2": 1.8, "VVM7": 0.33, "VVM14": 0.16, "VVM30": 0.08},
            "excursions": 2,
            "longest_excursion_minutes": 95,
            "degree_hours": 1.62,
        },
        "days": days,
        "excursions": [
            {
                "side": "above",
                "from": "2026-10-08T03:02:00.000Z",
                "to": "2026-10-08T04:37:00.000Z",
                "minutes": 95,
                "peak": 9.4,
                "degree_hours": 1.2,
            },
            {
                "side": "below",
                "from": "2026-10-18T03:00:00.000Z",
                "to": "2026-10-18T04:15:00.000Z",
                "minutes": 75,
                "peak": -0.7,
                "degree_hours": 0.42,
            },
        ],
        "incidents": [
            {
                "id": "019ab3c4-5d60-8a11-9f2e-6b7c8d9e0f11",
                "rule": "FRZE",
                "version": "fridge@1",
                "metric": "temp.vaccine",
                "severity": "critical",
                "from": "2026-10-18T03:00:00.000Z",
                "raised": "2026-10-18T04:00:00.000Z",
                "to": "2026-10-18T04:15:00.000Z",
                "worst": -0.7,
                "late": True,
                "withdrawn": False,
                "acknowledged": "2026-10-18T04:17:00.000Z",
                "acknowledged_by": "k3fb1c2aa",
                "minutes_to_acknowledge": 17,
                "disposition": "quarantine",
                "disposition_by": "k77aa01bc",
            },
            {
                "id": "019ab3c4-5d60-8a11-9f2e-6b7c8d9e0f12",
                "rule": "NODATA",
                "version": "fridge@1",
                "metric": "temp.vaccine",
                "severity": "warning",
                "from": "2026-10-20T03:00:00.000Z",
                "raised": "2026-10-20T03:45:00.000Z",
                "to": None,
                "worst": None,
                "late": False,
                "withdrawn": False,
                "acknowledged": None,
                "acknowledged_by": None,
                "minutes_to_acknowledge": None,
                "disposition": None,
                "disposition_by": None,
            },
        ],
        "checks": {
            "expected": 62,
            "done": 59,
            "missed": [
                {"day": "2026-10-08", "round": "PM"},
                {"day": "2026-10-11", "round": "AM"},
                {"day": "2026-10-11", "round": "PM"},
            ],
            "looks": [
                {"day": "2026-10-01", "round": "AM", "at": "2026-10-01T01:02:00.000Z", "by": "k3fb1c2aa"}
            ],
        },
        "lots": [
            {
                "id": "FD9234",
                "product": "comirnaty",
                "product_name": "Comirnaty (Pfizer–BioNTech)",
                "expiry": "2027-01-31",
                "vvm": None,
                "stays": [{"from": "2026-10-05T02:00:00.000Z", "to": None}],
                "clock": CLOCK,
            }
        ],
        "calibrations": [
            {
                "metric": "temp.vaccine",
                "offset": -0.3,
                "from": "2026-05-31T17:00:00.000Z",
                "to": None,
                "issued": "2026-06-02T03:00:00.000Z",
                "by": "k77aa01bc",
            }
        ],
    } | changes
