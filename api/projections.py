"""Projections as rows: what the store keeps of each, and how its projector says that it stands."""

from collections.abc import Mapping
from typing import Any

from api.deck import Deck
from hub.events import format_time
from storage.contract import Row
from storage.projections import ProjectionRow

TYPE = "projection"
UNKNOWN, UNUSED = "unknown", "unused"
_DAY_MS = 86_400_000
# What only a projector that runs can tell.
_LIVE = (
    "backlog",
    "points",
    "rewinds",
    "series",
    "samples_waiting",
    "samples_dropped",
    "last_answer",
    "last_answer_at",
)


async def projection_rows(deck: Deck) -> list[Row]:
    """By name; raises StoreUnavailable."""
    kept = {row.name: row for row in await deck.reader.projections()}
    states = await deck.hub.projection_states()
    live = {str(told["name"]): told for told in states or ()}
    names = sorted(kept.keys() | live.keys())
    return [_row(name, kept.get(name), live.get(name), away=states is None) for name in names]


def _row(name: str, kept: ProjectionRow | None, live: Mapping[str, Any] | None, *, away: bool) -> Row:
    """``state`` is unknown while the projector is away, unused where the configuration does not name it."""
    row = kept or ProjectionRow(name)
    settled = format_time(row.settled_at_ms) if row.settled_at_ms else None
    told = live or {}
    return {
        "id": name,
        "type": TYPE,
        "time": settled,
        "state": told.get("state") or _without_projector(row, away=away),
        "reason": told.get("reason", ""),
        "number": row.number,
        "history_before": None if row.history_day is None else format_time(row.history_day * _DAY_MS)[:10],
        "rejected": row.rejected,
        "series_over_limit": told.get("series_over_limit", row.series_over_limit),
        "lag_s": told.get("lag_seconds"),
        "paused_by": row.paused_by,
        "paused_since": format_time(row.paused_since_ms) if row.paused_by else None,
        **{key: told.get(key) for key in _LIVE},
    }


def _without_projector(row: ProjectionRow, *, away: bool) -> str:
    if away:
        return "paused" if row.paused_by else UNKNOWN
    return UNUSED


def rejected_row(row: Row) -> Row:
    """A line that a server refused, with its reason, as the store keeps it."""
    return {"id": None, "type": f"{TYPE}.rejected", "time": row["at"], **row}
