"""PostgresStore holds the contract of every store, on both servers."""

from collections.abc import Callable

import pytest

from storage.contract import EventStore, StoreReader
from storage.postgres.connection import Server
from storage.postgres.reader import PostgresReader
from storage.postgres.store import PostgresStore
from tests.conformance.store_contract import StoreContract


@pytest.mark.slow
@pytest.mark.timeout(300)
class TestPostgresStore(StoreContract):
    @pytest.fixture
    def make_store(self, either: Server) -> Callable[[], EventStore]:
        return lambda: PostgresStore(either)

    @pytest.fixture
    def make_reader(self, either: Server) -> Callable[[], StoreReader]:
        return lambda: PostgresReader(either)
