"""Rows ready for JSON, made from stored events: ids as text, times as RFC 3339 in UTC with milliseconds."""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress

import msgspec

from hub.events import Event, decode_data, decode_event, format_time, parse_time
from hub.identity import id_bytes, id_text
from storage.contract import Page, Row
from storage.cursors import encode
from storage.incidents import INCIDENTS_KIND, IncidentRow, incident_row

POISON_TYPE = "poison"
_LEVEL = re.compile(r"[a-z0-9_-]{1,64}\Z")


def time_text(time_ms: int | None) -> str | None:
    """RFC 3339 of Unix milliseconds; None stays None."""
    return None if time_ms is None else format_time(time_ms)


def keys_of(event_ids: Iterable[str]) -> dict[str, bytes]:
    """Ids as the tables have them; what is no id is left out."""
    keys: dict[str, bytes] = {}
    for name in event_ids:
        with suppress(ValueError):
            keys[name] = id_bytes(name)
    return keys


def event_row(body: bytes) -> Row:
    """id, type, site, device, time, received, the rest of the envelope, and the payload's fields."""
    event = decode_event(body)
    return {**_head(event), **_tail(event), **_data(event)}


def result_row(body: bytes, *, current: bool) -> Row:
    """A version of a result; ``current`` tells whether lists show it."""
    return {**event_row(body), "current": current}


def quarantine_row(entry_id: bytes, body: bytes) -> Row:
    """An entry that waits at its edge; ``id`` names the entry, also after its state changed."""
    return {**event_row(body), "id": id_text(entry_id), "where": "edge"}


def poison_row(digest: bytes, edge: str, topic: str, received_ms: int, reason: str, size: int) -> Row:
    """An entry that waits at the hub: a body that could not be validated or stored."""
    site, device = _levels(topic)
    received = format_time(received_ms)
    return {
        "id": id_text(digest[:16]),
        "type": POISON_TYPE,
        "site": site,
        "device": device,
        "time": received,
        "received": received,
        "reason": reason,
        "place": "",
        "bytes": size,
        "state": "WAITING",
        "edge": edge,
        "where": "hub",
    }


def device_row(
    device: str,
    site: str,
    edge: str,
    kind: str | None,
    state: str,
    reason: str,
    since_ms: int | None,
    last_message_ms: int | None,
    clock_offset_s: float | None,
    profile: str | None,
) -> Row:
    """A device as lists show it."""
    return {
        "id": device,
        "device": device,
        "site": site,
        "edge": edge,
        "kind": kind,
        "state": state,
        "reason": reason,
        "since": time_text(since_ms),
        "last_message": time_text(last_message_ms),
        "clock_offset_s": clock_offset_s,
        "profile": profile,
    }


def hole_row(edge: str, epoch: str, first: int, last: int, reason: str, received_ms: int) -> Row:
    """Rows of an epoch that will never come."""
    return {
        "edge": edge,
        "epoch": epoch,
        "first": first,
        "last": last,
        "reason": reason,
        "received": time_text(received_ms),
    }


def incident_page(rows: Sequence[IncidentRow], limit: int) -> Page:
    """Up to ``limit`` of ``rows``, one more where there is another page; raises StoreUnavailable."""
    following = encode(INCIDENTS_KIND, rows[limit - 1].opened) if len(rows) > limit else None
    return Page([incident_row(row) for row in rows[:limit]], following)


def _head(event: Event) -> Row:
    return {
        "id": event.id,
        "type": event.type,
        "site": event.site,
        "device": event.device,
        "time": format_time(parse_time(event.time)),
        "received": format_time(parse_time(event.received)),
    }


def _data(event: Event) -> Row:
    payload = decode_data(event)
    fields: Row = {} if payload is None else msgspec.to_builtins(payload)
    return fields


def _tail(event: Event) -> Row:
    return {
        "edge": event.edge,
        "subject": event.subject,
        "timesource": event.timesource,
        "capture": event.capture or None,
        "supersedes": event.supersedes or None,
    }


def _levels(topic: str) -> tuple[str, str]:
    parts = topic.split("/")
    if len(parts) != 8 or not all(_LEVEL.match(part) for part in (parts[4], parts[6])):
        return "", ""
    return parts[4], parts[6]
