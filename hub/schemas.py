"""JSON Schemas of the events and the AsyncAPI page of the bus, made from the structs in use."""

from typing import Any

import msgspec

from hub.events import Event
from hub.lists import Manifest
from hub.payloads import BY_TYPE
from hub.wire import Command, EdgeState, PartitionState, Receipt

_CHANNELS: dict[str, tuple[str, str, type]] = {
    "events": ("epihub/v1/evt/{partition}/{site}/{edge}/{device}/{type}", "QoS 1, not retained", Event),
    "hub": (
        "epihub/v1/hub/{partition}",
        "birth and will of the partition's holder, retained",
        PartitionState,
    ),
    "edge": ("epihub/v1/state/{site}/{edge}", "birth and will of an edge, retained", EdgeState),
    "device": ("epihub/v1/state/{site}/{edge}/{device}", "state of a device, retained", EdgeState),
    "receipt": ("epihub/v1/receipt/{edge}", "what the store has of an edge, retained; hub only", Receipt),
    "list": ("epihub/v1/list/{list}", "what a list's chunks are, retained; hub only", Manifest),
    "command": ("epihub/v1/cmd/{site}/{edge}/{device}", "QoS 1, ends in command.result.v1", Command),
}


def event_schemas() -> dict[str, dict[str, Any]]:
    """Event type -> JSON Schema (2020-12) of its ``data``; ``cloudevent`` is the envelope."""
    schemas = {name: msgspec.json.schema(payload) for name, payload in sorted(BY_TYPE.items())}
    return {"cloudevent": msgspec.json.schema(Event), **schemas}


def asyncapi(version: str) -> dict[str, Any]:
    """AsyncAPI 3.0 document of the bus: channels, their messages and the event data behind ``type``."""
    messages, definitions = msgspec.json.schema_components(
        [struct for _, _, struct in _CHANNELS.values()] + list(BY_TYPE.values()),
        ref_template="#/components/schemas/{name}",
    )
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "epihub bus", "version": version, "license": {"name": "MIT"}},
        "defaultContentType": "application/json",
        "channels": {
            name: _channel(topic, text, schema)
            for (name, (topic, text, _)), schema in zip(_CHANNELS.items(), messages, strict=False)
        },
        "components": {"schemas": definitions},
    }


def _channel(topic: str, text: str, schema: dict[str, Any]) -> dict[str, Any]:
    names = [part.split("}")[0] for part in topic.split("{")[1:]]
    return {
        "address": topic,
        "description": text,
        "parameters": {name: {"description": f"{name}, [a-z0-9_-]{{1,64}}"} for name in names},
        "messages": {"message": {"payload": schema}},
    }
