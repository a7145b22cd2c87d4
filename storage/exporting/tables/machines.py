"""Devices, quarantine, deletions, and the envelopes of the log."""

from collections.abc import Iterator

from hub.events import parse_time
from hub.identity import id_text
from storage.exporting.columns import (
    DEVICE,
    EDGE,
    PLACE,
    SITE,
    Row,
    fitting,
    in_order,
    integer,
    number,
    person,
    text,
    time,
)
from storage.exporting.moment import Found
from storage.exporting.table import BODIES_AT_ONCE, SqlTable
from storage.rows import poison_row, quarantine_row

_DEVICE = (
    SITE,
    DEVICE,
    EDGE,
    text("kind", "its adapter"),
    text("state", "`ONLINE` `OFFLINE` `DEGRADED` `MAINTENANCE` `UNKNOWN`"),
    text("reason", "a code"),
    time("since", "when the state began"),
    time("last_message", "when it last spoke"),
    number("clock_offset_s", "how many seconds its clock is ahead of ours"),
    text("profile", "by what it is read or judged"),
)
_WAITING = (
    text("id", "of the entry"),
    text("where", "`edge`: its bytes wait there; `hub`: an event that the hub could not take"),
    time("arrived", "when the hub first heard of it"),
    time("time", "of the message"),
    *PLACE,
    text("adapter", "who read it"),
    text("reason", "a code"),
    text("place", "where in the message"),
    integer("bytes", "how many; the bytes themselves are not exported"),
    text("state", "`WAITING` `REPLAYED` `DISCARDED`"),
)
_DELETION = (
    integer("number", "of the entry"),
    text("class", "what was deleted ([how long rows are kept](storage.md#how-long-rows-are-kept))"),
    time("from", "the oldest row"),
    time("to", "all rows were older"),
    integer("rows", "how many"),
    time("at", "when it was done"),
    text("digest", "its link of the chain, SHA-256"),
)
_EVENT = (
    integer("number", "of the log, in the order in which they were stored"),
    text("id", "of the event"),
    text("type", "with its version ([events](events.md))"),
    *PLACE,
    person("subject", "the key within the source: may name a specimen"),
    time("time", "of what happened"),
    time("arrived", "when the hub had it"),
    text("epoch", "the edge's numbering; empty: born at the hub"),
    integer("seq", "its number there"),
    text("supersedes", "id of the event whose place it takes"),
    integer("bytes", "of the whole event, which is not exported"),
)
_DEVICES = """
SELECT site, device, edge, kind, state, reason, since_ms, last_message_ms, clock_offset_s, profile FROM device
"""
_QUARANTINE = """
SELECT quarantine.received_ms AS received_ms, quarantine.id AS id, event.body AS body, NULL AS edge,
    NULL AS topic, NULL AS reason, NULL AS size
FROM quarantine JOIN event ON event.number = quarantine.number
WHERE quarantine.received_ms >= $1 AND quarantine.received_ms < $2
UNION ALL
SELECT received_ms, digest, NULL, edge, topic, reason, octet_length(body) FROM poison
WHERE received_ms >= $1 AND received_ms < $2
"""
_DELETIONS = """
SELECT number, class, from_ms, to_ms, rows, at_ms, digest FROM deletion WHERE at_ms >= $1 AND at_ms < $2
"""
_EVENTS = """
SELECT event.number, event.id, event.type, event.site, event.edge, event.device, event.subject, event.time_ms,
    event.received_ms, epoch.epoch, event.seq, event.supersedes, octet_length(event.body)
FROM event LEFT JOIN epoch ON epoch.number = event.epoch
WHERE event.received_ms >= $1 AND event.received_ms < $2
"""


def _waiting(found: Found) -> Iterator[Row]:
    arrived, entry, body, edge, topic, reason, size = found
    at_edge = body is not None
    told = quarantine_row(entry, body) if at_edge else poison_row(entry, edge, topic, arrived, reason, size)
    told |= {"arrived": arrived, "time": parse_time(told["time"]), "adapter": told.get("adapter")}
    told["bytes"] = fitting(told["bytes"])
    yield in_order(_WAITING, told)


def _deletion(found: Found) -> Iterator[Row]:
    yield (*found[:-1], found[-1].hex())


def _event(found: Found) -> Iterator[Row]:
    number, identity, *envelope, epoch, seq, supersedes, size = found
    older = id_text(supersedes) if supersedes else None
    yield (number, id_text(identity), *envelope, epoch or None, seq, older, size)


TABLES = (
    SqlTable(
        "devices", "Devices as they stand, by site.", _DEVICE, _DEVICES, "ORDER BY site, device, edge",
    ),
    SqlTable(
        "quarantine", "What waits, or waited, for a person at edges and at the hub, without its bytes.",
        _WAITING, _QUARANTINE, "ORDER BY received_ms, id", "arrived", _waiting, at_once=BODIES_AT_ONCE,
    ),
    SqlTable(
        "deletions", "What retention removed, each entry chained to the one before.", _DELETION, _DELETIONS,
        "ORDER BY number", "at", _deletion,
    ),
    SqlTable(
        "events", "Envelopes of the log. Readings and camera health stay in it for seven days.", _EVENT,
        _EVENTS, "ORDER BY event.number", "arrived", _event,
    ),
)  # fmt: skip
