"""JSON of own-made gates: ``{"code": "…"}`` or ``{"code_base64": "…"}``, and ``time`` if it has one."""

import binascii
import json
from base64 import b64decode
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from adapters.qr_gates.codes.shown_code import MOST_BYTES
from adapters.qr_gates.dialects.told_scan import ToldScan, Unintelligible, code_bytes, unix_ms

MOST_JSON_BYTES = 4 * MOST_BYTES
_KNOWN = frozenset({"code", "code_base64", "time"})


def told(body: bytes, zone: ZoneInfo) -> ToldScan:
    """Raises Unintelligible. ``time`` is RFC 3339, or Unix time in ms; without a zone it is ``zone``'s."""
    if len(body) > MOST_JSON_BYTES:
        raise Unintelligible("plain.too_large")
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unintelligible("plain.no_json") from error
    if not isinstance(said, dict):
        raise Unintelligible("plain.not_an_object")
    if not said.keys() <= _KNOWN:
        raise Unintelligible("plain.unknown_field")
    return ToldScan(_code(said), _time(said["time"], zone) if said.get("time") is not None else None)


def _code(said: dict[str, Any]) -> bytes:
    if ("code" in said) == ("code_base64" in said):
        raise Unintelligible("plain.no_code", "code")
    place = "code" if "code" in said else "code_base64"
    text = said[place]
    if not isinstance(text, str):
        raise Unintelligible("plain.no_code", place)
    raw = code_bytes(text) if place == "code" else _decoded(text)
    if raw is None:
        raise Unintelligible("plain.bad_code", place)
    return raw


def _decoded(text: str) -> bytes | None:
    try:
        raw = b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
    return raw if 0 < len(raw) <= MOST_BYTES else None


def _time(said: Any, zone: ZoneInfo) -> int:
    try:
        at = _moment(said)
        found = unix_ms(at, zone) if at else None
    except (ValueError, OverflowError, OSError):
        found = None
    if found is None:
        raise Unintelligible("plain.bad_time", "time")
    return found


def _moment(said: Any) -> datetime | None:
    if isinstance(said, str):
        return datetime.fromisoformat(said)
    if isinstance(said, int) and not isinstance(said, bool):
        return datetime.fromtimestamp(said / 1000, ZoneInfo("UTC"))
    return None
