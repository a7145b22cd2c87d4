"""docs/events.md and reported_events.md have every type, field and word of the payloads."""

import json
import re
import typing
from collections.abc import Iterator
from types import UnionType
from typing import Any, Literal

import msgspec
import pytest

from hub.events import Event, decode_data, decode_event, encode_data, event_topic, parse_time
from hub.identity import event_id
from hub.payloads import BY_TYPE, LabResult, Payload
from hub.reported import Reported
from tests.documents.pages import Page, read

PAGE = read("docs/events.md")
REPORTED_PAGE = read("docs/reported_events.md")
(EXAMPLE,) = PAGE.blocks("json event")
INLINE = {LabResult.TYPE}  # their example is the whole event


def words(struct: type[msgspec.Struct]) -> Iterator[str]:
    """Names of the fields as they are written, and the values of those that have a list."""
    for field in msgspec.structs.fields(struct):
        yield field.encode_name
        yield from inside(field.type)


def inside(kind: Any) -> Iterator[str]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield from words(kind)
    elif typing.get_origin(kind) is Literal:
        yield from typing.get_args(kind)
    elif typing.get_origin(kind) in (tuple, typing.Union, UnionType):
        for part in typing.get_args(kind):
            yield from inside(part)


def section(name: str) -> str:
    return _page(name).section(f"`{name}`")


def _page(name: str) -> Page:
    return REPORTED_PAGE if issubclass(BY_TYPE[name], Reported) else PAGE


@pytest.mark.parametrize("name", sorted(BY_TYPE))
def test_every_type_stands_in_the_table_and_has_its_section(name: str) -> None:
    there = "reported_events.md" if _page(name) is REPORTED_PAGE else ""
    assert f"| [`{name}`]({there}#{name.replace('.', '')}) |" in PAGE.text
    assert section(name)


def test_no_type_is_made_up() -> None:
    told = "\n".join(page.text for page in (PAGE, REPORTED_PAGE))
    assert set(re.findall(r"^## `(.+)`$", told, re.MULTILINE)) == set(BY_TYPE)


@pytest.mark.parametrize("name", sorted(BY_TYPE))
def test_every_field_and_word_is_explained(name: str) -> None:
    assert [word for word in words(BY_TYPE[name]) if f"`{word}`" not in section(name)] == []


@pytest.mark.parametrize("name", sorted(BY_TYPE))
def test_no_field_is_made_up(name: str) -> None:
    rows = re.findall(r"^\| (`.+?`) \|", section(name), re.MULTILINE)
    named = {field for row in rows for field in re.findall(r"`(\w+)`", row)}
    assert named == {field.encode_name for field in msgspec.structs.fields(BY_TYPE[name])}


@pytest.mark.parametrize("name", sorted(set(BY_TYPE) - INLINE))
def test_the_example_of_a_type_is_what_the_code_encodes(name: str) -> None:
    (block,) = re.findall(r"```json data\n(.*?)```", section(name), re.DOTALL)
    payload: Payload = msgspec.json.decode(block.encode(), type=BY_TYPE[name])
    assert json.loads(encode_data(payload)) == json.loads(block)


def test_the_envelope_is_explained() -> None:
    explained = PAGE.section("The envelope")
    assert [name for name in words(Event) if f"`{name}`" not in explained] == []


def test_the_example_is_an_event_of_its_own_id_on_its_own_topic() -> None:
    event = decode_event(EXAMPLE.encode())
    payload = decode_data(event)
    assert isinstance(payload, LabResult)
    assert json.loads(encode_data(payload)) == json.loads(EXAMPLE)["data"]
    assert event.id == event_id(
        time_ms=parse_time(event.time),
        device=event.device,
        event_type=event.type,
        key=event.subject,
        data=encode_data(payload),
    )
    assert json.loads(EXAMPLE).keys() == {*words(Event)} - {"supersedes"}
    assert event_topic(event.site, event.edge, event.device, event.type) in PAGE.text
