"""A destination as API, console and command show it: of the store, and of the deliverer that runs."""

from collections.abc import Mapping
from typing import Any

from hub.events import format_time
from storage.destinations import DestinationRow, OutboxCount

UNKNOWN, UNUSED = "unknown", "unused"
# What only a deliverer that runs can tell.
_LIVE = ("kind", "backlog", "lag_seconds", "last_answer", "last_answer_at", "answers")


def listed(
    name: str,
    kept: DestinationRow | None,
    count: OutboxCount | None,
    live: Mapping[str, Any] | None,
    *,
    away: bool,
) -> dict[str, Any]:
    """``state`` is unknown while the deliverer is away, unused where nothing names it any more."""
    row, rows = kept or DestinationRow(name), count or OutboxCount()
    told = live or {}
    return {
        "name": name,
        "state": told.get("state") or _without(row, away=away),
        "reason": told.get("reason") or row.disabled,
        "number": row.number,
        "wanted": row.wanted,
        "taken": row.taken,
        "replayed": row.replayed,
        "dropped": row.dropped,
        "forgotten": row.forgotten,
        "waiting": rows.waiting,
        "dead": rows.dead,
        "waiting_since": _time(rows.oldest_ms),
        "paused_by": row.paused_by,
        "paused_since": _time(row.paused_since_ms),
        "settled_at": _time(row.settled_at_ms),
        **{key: told.get(key) for key in _LIVE},
    }


def _without(row: DestinationRow, *, away: bool) -> str:
    if away:
        return "paused" if row.paused_by else UNKNOWN
    return UNUSED


def _time(time_ms: int) -> str | None:
    return format_time(time_ms) if time_ms else None
