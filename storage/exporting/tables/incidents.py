"""Incidents as they stand, and the ledger of what happened to them."""

import json
from collections.abc import Iterator

from hub.errors import StoreUnavailable
from hub.events import parse_time
from storage.exporting.columns import (
    DEVICE,
    SITE,
    Column,
    Kind,
    Row,
    integer,
    number,
    person,
    text,
    time,
    truth,
)
from storage.exporting.moment import Found
from storage.exporting.table import BODIES_AT_ONCE, SqlTable
from storage.incidents import IncidentRow, incident_row

_INCIDENT = (
    text("id", "of the incident"),
    SITE,
    DEVICE,
    text("metric", "what was measured"),
    text("kind", "the rule's code: `HEAT` `FRZE` `NODATA` …"),
    text("version", "of the rule's profile"),
    text("severity", "`info` `warning` `critical`"),
    text(
        "state",
        "how it stands: `UNACK` `ACK` `RTN_UNACK` `LATCHED` `SHELVED` `SUPPRESSED` `OUT_OF_SERVICE` `CLOSED`",
    ),
    time("time", "when the condition began"),
    time("raised", "when it had lasted long enough"),
    time("received", "when the hub knew"),
    time("cleared", "when it was over; empty: it is not"),
    number("worst", "in the metric's unit"),
    truth("inferred", "begin or end lie where nothing was measured"),
    truth("retro", "known only afterwards, from late data"),
    truth("latch", "stays until a person decides"),
    truth("acknowledged", "somebody has seen it"),
    truth("withdrawn", "no data is behind it any more"),
    text("merged_into", "id of the incident whose alias it is"),
    time("shelved_until", "until when it is on the shelf"),
    text("suppressed_by", "id of the incident that explains it"),
    person("assigned_to", "id of the user who has it"),
    text("disposition", "what became of the vaccine: `use` `quarantine` `discard`"),
    integer("entry", "number of its last entry of the ledger"),
)
_ENTRY = (
    integer("number", "of the entry"),
    time("time", "when it was entered"),
    SITE,
    DEVICE,
    text("incident", "id; empty: about the device as a whole"),
    text("kind", "what happened ([what the ledger tells](alarms.md#what-the-ledger-tells))"),
    person("actor", "id of the user who acted; empty: the hub"),
    person("told", "id of the user who was told, or to whom it was given"),
    text("detail", "codes and figures of the entry, as JSON"),
    text("severity", "of the episode then"),
    time("start", "of the episode then"),
    time("cleared", "of the episode then"),
    number("worst", "of the episode then, in the metric's unit"),
    text("hash", "its link of the chain, SHA-256"),
)
_INCIDENTS = """
SELECT id, opened, last, site, device, metric, rule, state, severity, start_ms, cleared_ms, end_ms, standing
FROM incident WHERE start_ms >= $1 AND start_ms < $2
"""
_ENTRIES = "SELECT body, hash FROM incident_entry WHERE at_ms >= $1 AND at_ms < $2"


def _incident(found: Found) -> Iterator[Row]:
    told = incident_row(IncidentRow._make(found))
    yield tuple(_value(column, told[column.name]) for column in _INCIDENT)


def _value(column: Column, told: "str | float | bool | None") -> "str | float | bool | None":
    return parse_time(told) if column.kind is Kind.TIME and isinstance(told, str) else told


def _entry(found: Found) -> Iterator[Row]:
    """Raises StoreUnavailable. The note, a person's own words, stays in the store."""
    body, chained = found
    try:
        said = json.loads(body)
        detail, episode = dict(said["detail"]), said["episode"] or {}
        told = detail.pop("to") if isinstance(detail.get("to"), str) else None
        head = (
            said["number"],
            said["at"],
            said["site"],
            said["device"],
            said["incident"] or None,
            said["kind"],
        )
        worst = episode.get("worst")
        yield (
            *head, said["actor"] or None, told, json.dumps(detail, sort_keys=True, separators=(",", ":")),
            episode.get("severity"), episode.get("start_ms"), episode.get("cleared_at_ms"),
            None if worst is None else worst / 1000, chained.hex(),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError) as error:
        raise StoreUnavailable("store.damaged_incident") from error


TABLES = (
    SqlTable(
        "incidents", "Incidents as they stand, in the order in which they were opened.", _INCIDENT,
        _INCIDENTS, "ORDER BY opened", "time", _incident, at_once=BODIES_AT_ONCE,
    ),
    SqlTable(
        "ledger", "The ledger of incidents, entry after entry. People's own words are not in it.", _ENTRY,
        _ENTRIES, "ORDER BY number", "time", _entry, at_once=BODIES_AT_ONCE,
    ),
)  # fmt: skip
