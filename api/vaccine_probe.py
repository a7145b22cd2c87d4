"""Which temperature of a unit is that of its vaccines."""

from storage.contract import Row

VACCINES = ("temp.vaccine", "temp.freezer")  # an ambient probe says nothing of what lies in the unit


def temperatures(latest: list[Row]) -> list[Row]:
    """The newest temperature of each unit: of several probes the vaccines' one, or the first by name."""
    units: dict[str, Row] = {}
    for row in sorted(latest, key=_by_importance):
        if row.get("unit") == "Cel":
            units.setdefault(str(row["device"]), row)
    return list(units.values())


def _by_importance(row: Row) -> tuple[str, int, str]:
    metric = str(row["metric"])
    return str(row["device"]), VACCINES.index(metric) if metric in VACCINES else len(VACCINES), metric
