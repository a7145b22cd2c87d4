"""What stands of a laboratory result when it is sent: kinds that write results send this, not the event."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from hub.events import Event, decode_data
from hub.feeds.contract import Told
from hub.payloads import LabResult
from hub.reported import SpecimenRegistered
from storage.contract import StoreReader


class StandingResult(NamedTuple):
    """The version that stands. ``replaced``: the event's own fact, where another fact superseded it whole.

    ``fact`` is one for all versions of a result; times are RFC 3339 in UTC. ``pool``: its specimen is of
    several persons.
    """

    event: str
    fact: str
    site: str
    device: str
    time: str
    received: str
    lab: LabResult
    pool: bool
    replaced: str = ""


class Results:
    """hub.feeds.contract.Looks for lab.result.v1; anything else is not looked at."""

    async def look(self, reader: StoreReader, told: Told) -> StandingResult | None:
        """Raises StoreUnavailable."""
        if told.event.type != LabResult.TYPE:
            return None
        row = await reader.result(told.event.id)
        if row is None:
            return None
        lab = msgspec.convert(row, LabResult)
        fact, own = _fact(row), f"{told.event.source}|{told.event.subject}"
        known = await reader.current_fact(SpecimenRegistered.TYPE, lab.specimen)
        registered = known.payload if known else None
        pool = isinstance(registered, SpecimenRegistered) and registered.pool
        return StandingResult(
            str(row["id"]),
            fact,
            str(row["site"]),
            str(row["device"]),
            str(row["time"]),
            str(row["received"]),
            lab,
            pool,
            own if own != fact else "",
        )


def for_others(event: Event) -> bool:
    """Controls are the laboratory's own."""
    payload = decode_data(event)
    return isinstance(payload, LabResult) and not payload.control


def _fact(row: Mapping[str, Any]) -> str:
    return f"/{row['site']}/{row['edge']}/{row['device']}|{row['subject']}"
