"""Entries of the ledger as the API gives them."""

import json
from collections.abc import Mapping
from typing import Any

from hub.errors import StoreUnavailable
from hub.events import format_time
from storage.contract import Row
from storage.incidents import EntryRow

ENTRY_TYPE = "alarm.entry"


def entry_told(row: EntryRow, incident: Mapping[str, Any], *, words: bool) -> Row:
    """An entry as the API gives it, ``words`` of people where asked for; raises StoreUnavailable."""
    try:
        said: Mapping[str, Any] = json.loads(row.body)
        known = said["episode"]
        told = {
            "id": str(row.number),
            "type": ENTRY_TYPE,
            "site": incident["site"],
            "device": row.device,
            "time": format_time(row.at_ms),
            "received": format_time(row.at_ms),
            "number": row.number,
            "kind": row.kind,
            "actor": said["actor"] or None,
            "detail": said["detail"],
            "severity": known["severity"],
            "start": format_time(known["start_ms"]),
            "cleared": _time(known["cleared_at_ms"]),
            "worst": None if known["worst"] is None else known["worst"] / 1000,
            "hash": row.hash.hex(),
        }
        return told | {"note": said["note"] or None} if words else told
    except (ValueError, KeyError, TypeError) as error:
        raise StoreUnavailable("store.damaged_incident") from error


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else format_time(at_ms)
