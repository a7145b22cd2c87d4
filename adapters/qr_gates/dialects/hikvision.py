"""Hikvision's ISAPI event notification: AccessControllerEvent, as JSON or in a form with pictures of faces.

The terminal sends an event again until it hears 200. ``serialNo`` counts its events. Pictures are let go:
nothing here looks at a face.
"""

import json
import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from adapters.qr_gates.dialects.form_parts import form_parts
from adapters.qr_gates.dialects.told_scan import NoScan, Told, ToldScan, Unintelligible, code_bytes, unix_ms

MOST_JSON_BYTES = 64 * 1024
ACCESS_EVENT = 5  # majorEventType of what happens at a door
# subEventType: somebody was verified (MINOR_..._PASS of the device network SDK).
CARD, FINGERPRINT, FACE, QR_CODE = 0x01, 0x26, 0x4B, 0x9C
PASSES = frozenset(
    {
        *(CARD, FINGERPRINT, FACE, QR_CODE),
        *(0x28, 0x2B, 0x2E, 0x36, 0x39, 0x3C, 0x3F, 0x42, 0x45, 0x48, 0x4D, 0x69, 0xB5),
    }
)
_FORM = "multipart/form-data"
_ENVELOPES = ("EventNotificationAlert", "AccessControllerEvent")
# Heartbeats, and what a camera in the terminal sees, may come as XML.
_OTHER_XML = re.compile(rb"\s*<[^\0]{0,2048}?<eventType>(?!AccessControllerEvent)[A-Za-z]{1,64}</eventType>")
_CODES = ("QRCodeInfo", "employeeNoString", "cardNo")  # the first that is there names who it was


def told(body: bytes, content_type: str, zone: ZoneInfo) -> list[Told]:
    """Scans of a message: none for a heartbeat, a door or a refusal. Raises Unintelligible.

    Without ``content_type``, as in a replay, a form is known by its first line.
    """
    found: list[Told] = []
    for raw in _documents(body, content_type):
        event = {} if _OTHER_XML.match(raw) else _event(raw)
        inner = event.get("AccessControllerEvent")
        if isinstance(inner, dict) and _is_pass(inner):
            found.append(_scan(event, inner, raw, zone))
    return found


def _documents(body: bytes, content_type: str) -> list[bytes]:
    if not content_type and body.startswith(b"--"):
        first = body[2:72].partition(b"\n")[0].strip()
        content_type = f"{_FORM}; boundary={first.decode('ascii', 'replace')}"
    kind = content_type.partition(";")[0].strip().lower()
    if kind != _FORM:
        return [body]
    parts = form_parts(body, content_type)
    return [part.body for part in parts if part.body.lstrip()[:1] in (b"{", b"<")]


def _event(raw: bytes) -> dict[str, Any]:
    """The event itself: some firmware wraps it once more."""
    if len(raw) > MOST_JSON_BYTES:
        raise Unintelligible("hikvision.too_large")
    try:
        event = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Unintelligible("hikvision.no_json") from error
    for name in _ENVELOPES:
        inner = event.get(name) if isinstance(event, dict) and "eventType" not in event else None
        if isinstance(inner, dict) and "eventType" in inner:
            event = inner
    if not isinstance(event, dict) or not isinstance(event.get("eventType"), str):
        raise Unintelligible("hikvision.no_event")
    return event


def _is_pass(inner: dict[str, Any]) -> bool:
    kind, what = inner.get("majorEventType"), inner.get("subEventType")
    return kind == ACCESS_EVENT and type(what) is int and what in PASSES


def _scan(event: dict[str, Any], inner: dict[str, Any], raw: bytes, zone: ZoneInfo) -> Told:
    code = next((found for name in _CODES if (found := _code(inner.get(name)))), None)
    if code is None:
        return NoScan(raw, "hikvision.nobody", "AccessControllerEvent")
    device_ms = _time(event.get("dateTime"), zone)
    if device_ms is None:
        return NoScan(raw, "hikvision.bad_time", "dateTime")
    serial = inner.get("serialNo")
    counted = isinstance(serial, int) and not isinstance(serial, bool) and 0 <= serial < 1 << 63
    return ToldScan(code, device_ms, f"{serial} {device_ms}" if counted else "")


def _code(said: Any) -> bytes | None:
    return code_bytes(said) if isinstance(said, str) else None


def _time(said: Any, zone: ZoneInfo) -> int | None:
    try:
        return unix_ms(datetime.fromisoformat(said), zone) if isinstance(said, str) else None
    except (ValueError, OverflowError):
        return None
