"""Cameras: what the log still has of their tellings stands in the tables, whose times are in order."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import apsw

from hub.events import decode_data, decode_event, parse_time
from hub.payloads import CameraHealth
from storage.admission import Stored
from storage.camera_facts import PeriodRow, camera_rows
from storage.chunks import DAY_MS
from storage.retention import FEWEST_READING_DAYS
from storage.sqlite.checks.finding import Finding, Wrongs

PERIODS = "trạng thái camera / states of cameras"
LATEST = "camera hiện tại / cameras as they stand"

# A telling of a time whose states may be gone already says nothing.
_TELLINGS = """
SELECT number, epoch, seq, body FROM event
WHERE type = 'camera.health.v1' AND time_ms >= received_ms - ?
"""
_PERIOD = """
SELECT 1 FROM camera_period WHERE (device, edge, from_ms, state, reason) = (?, ?, ?, ?, ?)
    AND told_ms <= ? AND to_ms >= ? AND faults & ? = ?
"""
_LATER = "SELECT 1 FROM camera WHERE (edge, device) = (?, ?) AND (epoch, seq) >= (?, ?)"
_TURNED = """
SELECT device, from_ms FROM camera_period WHERE from_ms > told_ms OR told_ms > to_ms
    OR NOT EXISTS (SELECT 1 FROM camera WHERE camera.device = camera_period.device)
"""
_KEPT = "SELECT edge, device, epoch, seq, time_ms, site, body FROM camera"


def check(connection: apsw.Connection) -> Iterator[Finding]:
    """Bodies of the log that cannot be read are found by the check of the log."""
    periods, latest = Wrongs(), Wrongs()
    for number, epoch, seq, body in connection.execute(_TELLINGS, ((FEWEST_READING_DAYS - 1) * DAY_MS,)):
        row = _row_of(body)
        if row is None:
            continue
        if connection.execute(_PERIOD, _wanted(row)).get is None:
            periods.add(f"log number {number}")
        if connection.execute(_LATER, (row.edge, row.device, epoch, seq)).get is None:
            latest.add(f"log number {number}")
    for device, from_ms in connection.execute(_TURNED):
        periods.add(f"{device} {from_ms}")
    cameras: list[Any] = connection.execute(_KEPT).fetchall()
    for edge, device, _, seq, time_ms, site, body in cameras:
        if _row_of(body) is None or not _is_own(body, edge, device, seq, time_ms, site):
            latest.add(f"{edge} {device}")
    count = connection.execute("SELECT count(*) FROM camera_period").get
    yield periods.finding(PERIODS, f"{count}")
    yield latest.finding(LATEST, f"{len(cameras)}")


def _row_of(body: bytes) -> PeriodRow | None:
    with suppress(ValueError):
        event = decode_event(body)
        payload = decode_data(event)
        if isinstance(payload, CameraHealth):
            times = parse_time(event.time), parse_time(event.received)
            return camera_rows(Stored(0, b"", b"", event, 0, *times, 0), payload)[1]
    return None


def _wanted(row: PeriodRow) -> tuple[str | int, ...]:
    told = (row.told_ms, row.to_ms, row.faults, row.faults)
    return (row.device, row.edge, row.from_ms, row.state, row.reason, *told)


def _is_own(body: bytes, *known: str | int) -> bool:
    event = decode_event(body)
    return (event.edge, event.device, event.seq, parse_time(event.time), event.site) == known
