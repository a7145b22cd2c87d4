"""JSON from strangers: nesting is bounded before anything reads it."""

import json
from typing import Any

MOST_BRACKETS = 500


def json_object_of(data: bytes) -> dict[str, Any]:
    """Raises ValueError, whatever the bytes are."""
    if data.count(b"[") + data.count(b"{") > MOST_BRACKETS:
        raise ValueError("json.bounds")
    found = json.loads(data)
    if not isinstance(found, dict):
        raise ValueError("json.no_object")
    return found
