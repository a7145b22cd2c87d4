"""JSON Schemas of the events, made from the structs that read and write them."""

from typing import Any

import msgspec

from hub.events import Event
from hub.payloads import BY_TYPE


def event_schemas() -> dict[str, dict[str, Any]]:
    """Event type -> JSON Schema (2020-12) of its ``data``; ``cloudevent`` is the envelope."""
    schemas = {name: msgspec.json.schema(payload) for name, payload in sorted(BY_TYPE.items())}
    return {"cloudevent": msgspec.json.schema(Event), **schemas}
