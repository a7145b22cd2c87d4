"""SqliteStore holds the contract of every store."""

from collections.abc import Callable
from pathlib import Path

import pytest

from storage.contract import EventStore, StoreReader
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.conformance.store_contract import StoreContract


class TestSqliteStore(StoreContract):
    @pytest.fixture
    def make_store(self, tmp_path: Path) -> Callable[[], EventStore]:
        return lambda: SqliteStore(tmp_path / "e.db")

    @pytest.fixture
    def make_reader(self, tmp_path: Path) -> Callable[[], StoreReader]:
        return lambda: SqliteReader(tmp_path / "e.db")
