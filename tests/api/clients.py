"""An API in this process, and who asks it: from the machine itself, or with a role's key."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from api.app import create_app
from api.keys import Role, add_key
from api.settings import ApiSettings
from storage.open import open_reader

HERE, LOOPBACK = "127.0.0.1:8080", "127.0.0.1"


def client_of(app: FastAPI, *, host: str = HERE, peer: str = LOOPBACK, **headers: str) -> httpx.AsyncClient:
    """``host`` is what it calls us, ``peer`` where it is; a fault of ours is a 500, as for a stranger."""
    transport = httpx.ASGITransport(app, client=(peer, 40000), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}", headers=headers)


def keyed(app: FastAPI, told: ApiSettings, role: Role) -> httpx.AsyncClient:
    """With a new key of this role."""
    return client_of(app, Authorization=f"Bearer {add_key(told.keys_file, role)}")


@asynccontextmanager
async def serving(told: ApiSettings) -> AsyncIterator[FastAPI]:
    """As the API's process serves these settings; the store, where it has one, is a file."""
    app = create_app(told, reader=open_reader(None, told.data_dir) if told.has_hub else None)
    async with app.router.lifespan_context(app):
        yield app


@asynccontextmanager
async def asking(told: ApiSettings, role: Role | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """One who asks such an API; without a role from the machine itself."""
    async with serving(told) as app, keyed(app, told, role) if role else client_of(app) as client:
        yield client
