"""Calibrations as the store keeps them, and readings with what they correct."""

from collections.abc import Iterable

from hub.alarms.calibrations import CALIBRATION, Calibrations, told
from hub.events import format_time, parse_time
from storage.contract import Row, StoreReader

CALIBRATION_TYPE = "calibration"


async def calibrations_of(reader: StoreReader, device: str | None = None) -> Calibrations:
    """Those of a device, or all."""
    prefix = CALIBRATION if device is None else f"{CALIBRATION}{device}/"
    return Calibrations.of(each.body for each in await reader.alarm_settings(prefix))


def rows_of(known: Calibrations, device: str, site: str, now_ms: int) -> list[Row]:
    """As the API gives them."""
    return [
        {
            "id": f"{device}/{each.metric}/{each.issued_ms}",
            "type": CALIBRATION_TYPE,
            "site": site,
            "device": device,
            "time": format_time(each.from_ms),
            "received": format_time(each.issued_ms),
            **told(each, known, now_ms),
        }
        for each in known.issued_of(device)
    ]


def corrected(rows: Iterable[Row], known: Calibrations) -> list[Row]:
    """Readings with ``corrected`` where a calibration counts; ``value`` stays what the sensor said."""
    return [_corrected(row, known) for row in rows]


def _corrected(row: Row, known: Calibrations) -> Row:
    value = row.get("value")
    if not isinstance(value, int | float):
        return row
    found = known.corrected(row["device"], row["metric"], parse_time(row["time"]), value)
    return row if found is None else row | {"corrected": found}
