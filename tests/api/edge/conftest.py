from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from storage.contract import EventStore
from storage.open import open_store
from tests.api.clients import client_of, serving
from tests.api.lab_edge import LabEdge, lab_edge
from tests.api.standing_edge import StandingEdge


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[LabEdge]:
    async with lab_edge(tmp_path) as made:
        yield made


@pytest.fixture
async def app(there: StandingEdge) -> AsyncIterator[FastAPI]:
    """The API of the edge that is ``there``."""
    async with serving(there.settings()) as made:
        yield made


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as made:
        yield made


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[EventStore]:
    """Beside the edge, as on one machine."""
    made = open_store(None, tmp_path)
    await made.open()
    yield made
    await made.close()
