"""What a server's reply to a batch of lines means. Pure."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from storage.influx.server import (
    LONGEST_REASON,
    Answer,
    Away,
    BadLines,
    Busy,
    Refused,
    TooLarge,
    Written,
)

MOST_RETRY_AFTER_SECONDS = 300.0
# What an operator must set right; InfluxDB 1.x says 500 for a retention policy that it does not know.
_REFUSED = {401: "unauthorized", 403: "forbidden", 404: "not_found"}
# Not the whole of it: InfluxDB 1.x repeats every line that it cannot read, which may be megabytes.
_LOOKED_AT = 4096
_EXPLAINS = re.compile(rb'"(?:message|error)"\s*:\s*"((?:[^"\\]|\\.){1,400})', re.DOTALL)
_NO_RETENTION_POLICY = "retention policy not found"


def answer_of(status: int, headers: Mapping[str, str], body: bytes, now: datetime | None = None) -> Answer:
    """``body`` may be cut; ``now`` (UTC) is what a date in Retry-After is counted from."""
    if 200 <= status < 300:
        return Refused("not_a_time_series_server") if body else Written()
    if status in {400, 422}:
        said = explanation(body)
        return BadLines(said) if said else Refused("not_understood")
    if status == 413:
        return TooLarge()
    if status in {429, 503}:
        return Busy(retry_after(headers.get("Retry-After", ""), now or datetime.now(UTC)))
    if 300 <= status < 400:
        return Refused("redirected")
    if status in _REFUSED:
        return Refused(_REFUSED[status])
    if status == 500 and explanation(body).startswith(_NO_RETENTION_POLICY):
        return Refused("retention_policy_not_found")
    return Away(f"http_{status}")


def explanation(body: bytes) -> str:
    """What a database says in JSON of its refusal (``error`` of 1.x and 3.x, ``message`` of 2.x), printable.

    Empty for anything else: a 400 of something in front of it says nothing of the lines.
    """
    begin = body[:_LOOKED_AT].lstrip()
    found = _EXPLAINS.search(begin) if begin.startswith(b"{") else None
    if found is None:
        return ""
    said = found[1].decode("utf-8", "replace")
    with suppress(ValueError):  # an escape that is none: as it is
        said = json.loads(f'"{said}"', strict=False)
    return "".join(letter if letter.isprintable() else " " for letter in said)[:LONGEST_REASON].strip()


def retry_after(text: str, now: datetime) -> float | None:
    """Seconds from a Retry-After header (a number or a date), 0 to 300; None: it says nothing."""
    if text.isascii() and text.isdecimal():
        return min(float(text[:9]), MOST_RETRY_AFTER_SECONDS)
    try:
        at = parsedate_to_datetime(text)
        seconds = (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), MOST_RETRY_AFTER_SECONDS)
