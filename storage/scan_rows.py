"""A scan of a gate as the API gives it: the scan's event, what was decided, and who went."""

from storage.contract import Row
from storage.rows import event_row

KIND = "scans"
# A page ends early at this size, so that a thousand of the largest events cannot fill the memory.
LARGEST_PAGE_BYTES = 8 * 1024 * 1024
_OF_SCAN = ("visit", "payload_kind", "direction", "age_band", "sex", "district")
_OF_DECISION = ("decision", "reason", "rule", "took_ms", "remarks", "rules_version", "zone")
_OF_PASSAGE = ("id", "time", "direction", "confirmed")


def scan_item(decided: bytes, scanned: bytes | None, went: bytes | None) -> Row:
    """``scanned`` None: a person opened by hand. ``passage`` is None where nobody went."""
    decision = event_row(decided)
    if scanned is None:
        whole = decision | dict.fromkeys(_OF_SCAN)
    else:
        whole = event_row(scanned) | {name: decision[name] for name in _OF_DECISION}
    passage = None if went is None else event_row(went)
    return whole | {"passage": passage and {name: passage[name] for name in _OF_PASSAGE}}
