"""Lists of the hub: what is published in parts is whole again at the edge, or not there at all."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.lists import (
    CHUNK_BYTES,
    MOST_CHUNKS,
    Assembly,
    Manifest,
    PublishedList,
    chunk_topic,
    manifest_topic,
)

NAME = "alarm-rules"
ITEMS = st.lists(st.binary(max_size=40).map(lambda item: item.hex().encode()), max_size=20)


def assembled(published: PublishedList, assembly: Assembly | None = None) -> list[bytes] | None:
    """As an edge hears it: the manifest first, then what it asks for."""
    assembly = assembly or Assembly(NAME)
    retained = dict(published.messages(NAME))
    found = assembly.take(manifest_topic(NAME), retained[manifest_topic(NAME)])
    for topic in assembly.missing:
        found = assembly.take(topic, retained[topic])
    return found


@given(ITEMS)
def test_what_was_published_is_heard(items: list[bytes]) -> None:
    assert assembled(PublishedList.of(items)) == items


def test_a_long_list_has_chunks_that_a_broker_takes() -> None:
    items = [b'"%06d"' % number for number in range(100_000)]
    published = PublishedList.of(items)
    assert len(published.chunks) == published.manifest.chunks == 4
    assert max(map(len, published.chunks)) <= CHUNK_BYTES
    assert assembled(published) == items
    with pytest.raises(ValueError, match="too long"):
        PublishedList.of([b"x" * CHUNK_BYTES] * MOST_CHUNKS)


def test_the_manifest_stands_behind_its_chunks() -> None:
    topics = [topic for topic, _ in PublishedList.of([b"1"]).messages(NAME)]
    assert topics[-1] == "epihub/v1/list/alarm-rules"
    assert topics[0].rpartition("/")[0].startswith("epihub/v1/list/alarm-rules/")


def test_a_version_is_told_once_and_the_next_one_again() -> None:
    assembly = Assembly(NAME)
    first, second = PublishedList.of([b"1"]), PublishedList.of([b"2"])
    assert assembled(first, assembly) == [b"1"]
    assert assembled(first, assembly) is None
    assert assembled(second, assembly) == [b"2"]
    assert assembled(first, assembly) == [b"1"]


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_other_bytes_are_no_list(manifest: bytes, chunk: bytes) -> None:
    published = PublishedList.of([b"1", b"2"])
    assembly = Assembly(NAME)
    assert assembly.take(manifest_topic(NAME), manifest) is None
    (topic, _), (_, true) = published.messages(NAME)
    assembly.take(manifest_topic(NAME), true)
    heard = assembly.take(topic, chunk)
    assert heard is None or chunk == b"1\n2\n"


@pytest.mark.parametrize(
    "manifest",
    [
        Manifest("../../../../etc", 1, "", 1),
        Manifest("0" * 16, 1, "", MOST_CHUNKS + 1),
        Manifest("0" * 16, 1, "", -1),
        Manifest("0" * 16, -1, "", 1),
    ],
)
def test_a_manifest_out_of_bounds_asks_for_nothing(manifest: Manifest) -> None:
    assembly = Assembly(NAME)
    assembly.take(manifest_topic(NAME), msgspec.json.encode(manifest))
    assert assembly.missing == []


def test_a_chunk_too_many_or_too_large_is_passed_over() -> None:
    assembly = Assembly(NAME)
    published = PublishedList.of([b"1"])
    version = published.manifest.version
    assembly.take(*published.messages(NAME)[-1])
    assert assembly.take(chunk_topic(NAME, version, 1), b"1\n") is None
    assert assembly.take(chunk_topic(NAME, version, 0), b"1" * (CHUNK_BYTES + 1)) is None
    assert assembly.take(chunk_topic(NAME, version, 0), b"1\n") == [b"1"]
