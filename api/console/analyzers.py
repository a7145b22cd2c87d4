"""Which devices are laboratory analyzers; and how one stands, pure."""

from collections.abc import Sequence

from api.console.condition import Condition
from hub.edge.devices import CLOCK_WRONG_SECONDS
from storage.contract import Row

# Kinds of the laboratory analyzers' family: the API knows no adapter, a test holds them to the entry points.
KINDS = frozenset({"hl7_mllp", "astm_tcp", "astm_serial", "file_drop"})


def analyzers(devices: Sequence[Row]) -> list[Row]:
    """Those of ``devices`` that are laboratory analyzers, by name."""
    return sorted((row for row in devices if row.get("kind") in KINDS), key=lambda row: str(row["id"]))


def run_condition(run: Row) -> Condition:
    """A run is fine when every well of it is accounted for."""
    if not run["opened"]:
        return "unknown"
    return "ok" if run["accounted"] == run["total"] else "warn"


def clock_condition(offset_s: float | None) -> Condition:
    """A clock that nobody compared is unknown, not right."""
    if offset_s is None:
        return "unknown"
    return "warn" if abs(offset_s) > CLOCK_WRONG_SECONDS else "ok"
