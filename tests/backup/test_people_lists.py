"""Imported lists of people are in a hub's backup and come back; those that are made anew are not."""

from pathlib import Path

import pytest

from hub.backup.place import SPOOL, Place
from hub.backup.restore import restore_backup
from hub.backup.take import take_backup
from hub.backup.verify import verify_backup
from hub.people.list_file import all_of, body_head, write_list
from hub.people.records import PeopleListName, body_of
from hub.runtime.people_shelf import PeopleShelf
from storage.archive import Archive
from storage.open import open_store
from tests.conformance.store_arrivals import NOW


def silent(*_: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture
async def place(tmp_path: Path) -> Place:
    """A hub that was ended, with lists."""
    place = Place(tmp_path / "data", tmp_path / "data" / SPOOL, hub="dong-nai")
    place.data_dir.mkdir()
    store = open_store(None, place.data_dir)
    await store.open()
    await store.close()
    shelf = PeopleShelf(place.data_dir / "lists", lambda: NOW)
    lists: tuple[PeopleListName, ...] = ("watch", "positive", "doses")
    for number, name in enumerate(lists):
        body = body_of({bytes([number] * 16): 7})
        write_list(shelf.path(name), body_head(body, NOW, "01234567"), [body])
    return place


async def test_imported_lists_come_back(place: Place, tmp_path: Path) -> None:
    backup = await take_backup(place, tmp_path / "hub.zip", silent)
    members = {part.name for part in backup.manifest.files}
    assert members == {"watch.people", "doses.people"}, "positives are made of the results"
    fresh = Place(tmp_path / "fresh", tmp_path / "fresh" / SPOOL)
    fresh.data_dir.mkdir()
    with Archive(backup.path) as archive:
        assert all(finding.good for finding in verify_backup(archive, tmp_path, silent))
        await restore_backup(archive, fresh, replace=False, progress=silent)
    shelf = PeopleShelf(fresh.data_dir / "lists", lambda: NOW)
    head = await shelf.head("doses")
    assert head is not None
    assert (head.count, head.key, dict(all_of(shelf.path("doses")))) == (1, "01234567", {b"\x02" * 16: 7})
    assert await shelf.head("positive") is None
