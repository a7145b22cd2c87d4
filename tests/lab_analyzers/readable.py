"""Facts as ``expected.json`` of a case writes them."""

from datetime import UTC, datetime
from typing import Any

from msgspec import to_builtins

from hub.contract import Fact


def readable(fact: Fact) -> dict[str, Any]:
    """Key, time and its origin, and the payload without what is empty."""
    time = datetime.fromtimestamp(fact.time_ms / 1000, UTC).isoformat()
    payload: dict[str, Any] = _filled(to_builtins(fact.payload))
    return {"key": fact.key, "time": f"{time} {fact.timesource}"} | payload


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _filled(item) for name, item in value.items() if item not in (None, False, [], (), {})}
    return [_filled(item) for item in value] if isinstance(value, list | tuple) else value
