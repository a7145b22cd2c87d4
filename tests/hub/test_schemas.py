"""Schemas and the AsyncAPI page describe what the code really encodes."""

import json

import pytest

from hub.edge.encoder import Origin, note
from hub.events import number_body
from hub.payloads import BY_TYPE, Alarm, Quarantined
from hub.schemas import asyncapi, event_schemas

ORIGIN = Origin("bv-thong-nhat", "edge-1", "genexpert-01")


@pytest.mark.parametrize("name", sorted(BY_TYPE))
def test_every_type_has_a_schema(name: str) -> None:
    schema = event_schemas()[name]
    assert schema["$ref"].startswith("#/$defs/")


def test_an_event_has_every_required_field_of_its_schema() -> None:
    body = note(
        ORIGIN, Quarantined("00", "hl7_mllp", "hl7.no_msh", 3, "WAITING"), "00/0", 1_790_000_000_000
    ).body
    event = json.loads(number_body(body, "0" * 16, 7))
    schema = event_schemas()
    envelope = schema["cloudevent"]["$defs"]["Event"]
    assert set(envelope["required"]) <= event.keys() <= envelope["properties"].keys()
    data = schema["quarantine.v1"]["$defs"]["Quarantined"]
    assert set(data["required"]) <= event["data"].keys() <= data["properties"].keys()


def test_asyncapi_names_every_topic_of_the_bus_and_resolves() -> None:
    page = asyncapi("0.1.0")
    addresses = {channel["address"] for channel in page["channels"].values()}
    assert "epihub/v1/evt/{partition}/{site}/{edge}/{device}/{type}" in addresses
    assert "epihub/v1/list/{list}" in addresses
    assert len(addresses) == 7
    known = {f"#/components/schemas/{name}" for name in page["components"]["schemas"]}
    assert set(_references(page)) <= known
    assert Alarm.__name__ in page["components"]["schemas"]


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [value for key, value in node.items() if key == "$ref"]
        return own + [found for value in node.values() for found in _references(value)]
    if isinstance(node, list):
        return [found for value in node for found in _references(value)]
    return []
