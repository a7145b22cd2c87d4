"""A data directory as a hub leaves it, with its store closed or still open."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.backup.place import Place
from storage.sqlite.store import SqliteStore
from tests.golden.content import write_content


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """An open store: backups are made beside it."""
    store = SqliteStore(tmp_path / "data" / "store.db")
    await store.open()
    await write_content(store)
    yield store
    await store.close()


@pytest.fixture
def place(store: SqliteStore, tmp_path: Path) -> Place:
    data = tmp_path / "data"
    (data / "api-keys.json").write_text("[]")
    (data / "bus-accounts.json").write_text('{"hub": "secret"}')
    (data / "keys").mkdir()
    (data / "keys" / "province.key").write_text("f00d" * 16)
    return Place(data, data / "spool" / "spool.db", hub="dong-nai", edge="edge-1")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Place:
    """A new machine."""
    data = tmp_path / "elsewhere"
    return Place(data, data / "spool" / "spool.db")
