"""Who looks after an open incident: whom it was given to, else who acknowledged it last."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hub.alarms.incidents.states import Kind
from hub.errors import StoreUnavailable
from storage.contract import Row, StoreReader

_MOST_ENTRIES = 1000


@dataclass(frozen=True, slots=True)
class Owner:
    """``by``: a user's id."""

    by: str
    how: Literal["assigned", "acknowledged"]


class Owners:
    """Remembers who acknowledged what: the ledger is asked again when an incident has moved."""

    def __init__(self, reader: StoreReader) -> None:
        self._reader = reader
        self._known: dict[tuple[str, int], Owner | None] = {}

    async def read(self, incidents: Sequence[Row]) -> dict[str, Owner]:
        """By incident, those that somebody looks after; raises StoreUnavailable."""
        known: dict[tuple[str, int], Owner | None] = {}
        for row in incidents:
            name = (str(row["id"]), int(row["entry"]))
            if row["assigned_to"]:
                known[name] = Owner(str(row["assigned_to"]), "assigned")
            elif row["acknowledged"]:
                known[name] = self._known[name] if name in self._known else await self._acknowledged(name[0])
        self._known = known
        return {incident: owner for (incident, _), owner in known.items() if owner is not None}

    async def _acknowledged(self, incident: str) -> Owner | None:
        entries = await self._reader.incident_entries(0, limit=_MOST_ENTRIES, incident_id=incident)
        last = next((entry for entry in reversed(entries) if entry.kind == Kind.ACKED), None)
        if last is None:
            return None
        try:
            return Owner(str(json.loads(last.body)["actor"]), "acknowledged")
        except (ValueError, KeyError, TypeError) as error:
            raise StoreUnavailable("store.damaged_incident") from error
