"""Cameras as the API tells them: what each told last, unknown once it is old, and how long it stood so."""

from collections.abc import Sequence
from typing import Final

from api.deck import Deck
from api.inventory import EDGE_AWAY
from hub.events import format_time, parse_time
from hub.payloads import CameraHealth
from storage.camera_times import periods_of, uptime_of
from storage.cameras import HOLD_MS, SILENT, CameraPeriod
from storage.contract import ReadingFilter, Row
from storage.curves import Curve

TYPE: Final = "camera"
KINDS: Final = frozenset({"rtsp"})
HOUR_MS: Final = 3_600_000
CURVES: Final = {"camera.fps": "fps", "camera.bitrate": "bitrate", "camera.loss": "loss"}
_OLD: Final[Row] = {
    "state": "UNKNOWN",
    "fps": None,
    "bitrate": None,
    "loss": None,
    "faults": [],
    "scores": {},
}
# ``cleared`` is for rules, ``picture`` is told as ``scores``.
_FIELDS: Final = tuple(name for name in CameraHealth.__struct_fields__ if name not in ("picture", "cleared"))
_NEVER: Final[Row] = dict.fromkeys(_FIELDS) | {"faults": [], "scores": {}, "age_s": None}


async def camera_rows(deck: Deck, device: str | None = None) -> list[Row]:
    """Every camera that is configured or told anything, or the one that is named, by id."""
    told: dict[str, Row] = {}
    for row in sorted(await deck.reader.cameras(device), key=lambda row: str(row["time"])):
        told[row["device"]] = row  # of one that moved to another edge what it told there
    fleet = {row["id"]: row for row in await deck.inventory.devices()}
    wanted = {name for name, row in fleet.items() if row["kind"] in KINDS and device in (None, name)}
    now_ms = deck.now_ms()
    return [_row(name, fleet.get(name, {}), told.get(name), now_ms) for name in sorted({*wanted, *told})]


async def camera_timeline(deck: Deck, device: str, hours: int) -> Row:
    """The last hours of one camera: states without a gap, what they add up to, and its figures in steps.

    Raises TooManyRows.
    """
    now_ms = deck.now_ms()
    from_ms = now_ms - hours * HOUR_MS
    told = await deck.reader.camera_periods(device, from_ms, now_ms)
    periods = periods_of(told, from_ms, now_ms, now_ms)
    return {
        "id": device,
        "type": "camera.timeline",
        "site": max(told, key=lambda row: row.to_ms).site if told else None,
        "device": device,
        "time": format_time(now_ms),
        "from": format_time(from_ms),
        "to": format_time(now_ms),
        **uptime_row(periods),
        "periods": [_period(period) for period in periods],
        **await _curves(deck, device, from_ms, now_ms),
    }


def uptime_row(periods: Sequence[CameraPeriod]) -> Row:
    """Shares 0 to 1, null where nothing is known; ``mtbf_s``: time up for each outage, null without one."""
    found = uptime_of(periods)
    between_ms = found.between_outages_ms
    return {
        "uptime": found.share,
        "uptime_without_maintenance": found.share_without_maintenance,
        "unknown_share": found.unknown_share,
        "seconds": {
            "up": found.up_ms / 1000,
            "down": found.down_ms / 1000,
            "maintenance": found.maintenance_ms / 1000,
            "unknown": found.unknown_ms / 1000,
        },
        "outages": found.outages,
        "reconnects": found.reconnects,
        "mtbf_s": None if between_ms is None else between_ms / 1000,
    }


def step_ms_of(hours: int) -> int:
    """Some 150 steps for a day and for a month, of whole hours where there are many."""
    return HOUR_MS // 6 if hours <= 48 else HOUR_MS * -(-hours // 180)


def _row(name: str, device: Row, told: Row | None, now_ms: int) -> Row:
    common: Row = {
        "id": name,
        "type": TYPE,
        "site": device.get("site") or (told or {}).get("site"),
        "device": name,
        "configured": bool(device.get("configured")),
        "edge": (told or {}).get("edge") or device.get("edge"),
    }
    if told is None:
        return _NEVER | common | {name: device.get(name) for name in ("state", "reason", "since")}
    age_ms = now_ms - parse_time(told["time"])
    row: Row = common | {field: told[field] for field in ("time", "received", *_FIELDS)}
    row |= {"scores": told["picture"], "age_s": age_ms / 1000}
    if device.get("reason") == EDGE_AWAY["reason"]:
        return row | _OLD | {"reason": EDGE_AWAY["reason"], "since": device.get("since")}
    if age_ms > HOLD_MS:
        return row | _OLD | {"reason": SILENT, "since": told["time"]}
    return row


def _period(period: CameraPeriod) -> Row:
    return {
        "from": format_time(period.from_ms),
        "to": format_time(period.to_ms),
        "state": period.state,
        "reason": period.reason,
        "faults": period.faults,
    }


async def _curves(deck: Deck, device: str, from_ms: int, now_ms: int) -> Row:
    step_ms = step_ms_of(-(-(now_ms - from_ms) // HOUR_MS))
    found = await deck.reader.curves(ReadingFilter(device, None, from_ms, now_ms, step_ms))
    curves = {CURVES[curve.metric]: _curve(curve) for curve in found if curve.metric in CURVES}
    return {"step_s": step_ms // 1000, "curves": curves}


def _curve(curve: Curve) -> Row:
    return {
        "unit": curve.unit,
        "start_ms": curve.time_ms,
        "min": curve.min,
        "max": curve.max,
        "mean": curve.mean,
    }
