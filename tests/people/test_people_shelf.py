"""The hub's files of lists: what edges are to have of them, and what is told of one that is damaged."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.errors import OperatorError, StoreUnavailable
from hub.lists import CHUNK_BYTES, KEEP_DAYS, ListMoved, chunk_topic
from hub.people.list_file import body_head, write_list
from hub.people.records import RECORD_BYTES, body_of
from hub.runtime.people_shelf import PeopleShelf

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def shelf(tmp_path: Path) -> PeopleShelf:
    return PeopleShelf(tmp_path, lambda: int(NOW.timestamp() * 1000))


def put(shelf: PeopleShelf, count: int, name: str = "watch.people") -> bytes:
    body = body_of({number.to_bytes(16, "big"): 1 for number in range(count)})
    write_list(shelf.folder / name, body_head(body, 1), [body])
    return body


async def test_a_list_is_published_as_it_lies(shelf: PeopleShelf) -> None:
    assert await shelf.published("watch") is None
    body = put(shelf, CHUNK_BYTES // RECORD_BYTES + 1)
    made = await shelf.published("watch")
    assert made is not None
    assert (made.manifest.count, made.manifest.chunks) == (len(body) // RECORD_BYTES, 2)
    parts = list(made.chunk_messages("watch"))
    assert [topic for topic, _ in parts] == [chunk_topic("watch", made.manifest.version, n) for n in (0, 1)]
    assert b"".join(part for _, part in parts) == body
    assert max(len(part) for _, part in parts) == CHUNK_BYTES


async def test_it_may_be_used_for_thirty_days(shelf: PeopleShelf) -> None:
    put(shelf, 1)
    made = await shelf.published("watch")
    assert made is not None
    assert made.manifest.expires is not None
    left = datetime.fromisoformat(made.manifest.expires) - NOW
    assert KEEP_DAYS <= left.days <= KEEP_DAYS + 1


async def test_an_empty_list_is_one(shelf: PeopleShelf) -> None:
    put(shelf, 0)
    made = await shelf.published("watch")
    assert made is not None
    assert (made.manifest.count, made.manifest.chunks, list(made.chunk_messages("watch"))) == (0, 0, [])


async def test_another_version_that_takes_its_place_ends_the_publishing(shelf: PeopleShelf) -> None:
    put(shelf, 1)
    made = await shelf.published("watch")
    assert made is not None
    put(shelf, 2)
    with pytest.raises(ListMoved):
        list(made.chunk_messages("watch"))
    shelf.path("watch").unlink()
    with pytest.raises(StoreUnavailable):
        list(made.chunk_messages("watch"))


async def test_a_damaged_one_is_told_and_not_published(shelf: PeopleShelf) -> None:
    put(shelf, 1)
    shelf.path("watch").write_bytes(b"{}")
    assert await shelf.published("watch") is None
    assert shelf.troubles == {"watch": "this is no list of people"}
    put(shelf, 1)
    assert await shelf.published("watch")
    assert shelf.troubles == {}


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("positive", "fresh"),
        ("watch", "../fresh"),
        ("watch", ".."),
        ("watch", ""),
        ("watch", "none"),
        ("watch", "bad"),
    ],
)
async def test_only_a_sound_file_of_the_folder_takes_its_place(
    shelf: PeopleShelf, name: str, file: str
) -> None:
    before = put(shelf, 1)
    put(shelf, 2, "fresh")
    (shelf.folder / "bad").write_bytes((shelf.folder / "fresh").read_bytes()[:-1])
    with pytest.raises(OperatorError):
        await shelf.take(name, file)
    assert shelf.path("watch").read_bytes().endswith(before)
    assert not shelf.path("positive").exists()


async def test_a_file_that_was_handed_over_is_the_list(shelf: PeopleShelf) -> None:
    put(shelf, 2, "fresh")
    assert (await shelf.take("watch", "fresh")).count == 2
    assert [each.name for each in shelf.folder.iterdir()] == ["watch.people"]
