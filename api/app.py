"""The application: routes found by folder, one guard in front, problems for every error."""

import importlib
import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import ModuleType

from fastapi import APIRouter, FastAPI

import api.routes
from api import problems
from api.access import Access, Sessions
from api.deck import Deck
from api.guard import Guard, known_hosts
from api.inventory import Inventory
from api.keys import KeyRing
from api.link import HubControl, HubLink
from api.meters import Metered, Meters
from api.settings import ApiSettings
from api.tail import Tail
from hub.errors import StoreUnavailable
from storage.contract import StoreReader

PREFIX = "/api/v1"


def create_app(
    settings: ApiSettings, *, reader: StoreReader | None = None, control: HubControl | None = None
) -> FastAPI:
    """The ASGI app; without ``reader`` and ``control`` it opens those the settings name."""
    deck = _deck(settings, reader or _reader(settings), control or _control(settings))
    # The description is a route of ours, which names its role; the pages of FastAPI would load from a CDN.
    app = FastAPI(
        title="epihub", version="1", lifespan=_lifespan, openapi_url=None, docs_url=None, redoc_url=None
    )
    app.state.deck = deck
    problems.install(app)
    for module in find_routes():
        _include(app, module)
    gate = None
    if settings.console:
        from api.console.mount import mount_console

        gate = mount_console(app, deck)
    app.add_middleware(Metered, meters=deck.meters)
    app.add_middleware(Guard, access=deck.access, hosts=known_hosts(settings), gate=gate)
    return app


def find_routes() -> list[ModuleType]:
    """Every module of ``api.routes``, by name."""
    names = sorted(found.name for found in pkgutil.iter_modules(api.routes.__path__, "api.routes."))
    return [importlib.import_module(name) for name in names]


def _include(app: FastAPI, module: ModuleType) -> None:
    """A module exports ``router``; a ``root`` router is reachable without the prefix too."""
    app.include_router(module.router, prefix=PREFIX)
    root: APIRouter | None = getattr(module, "root", None)
    if root is not None:
        app.include_router(root, include_in_schema=False)


def _deck(settings: ApiSettings, reader: StoreReader, control: HubControl) -> Deck:
    return Deck(
        settings=settings,
        reader=reader,
        hub=HubLink(control),
        access=Access(KeyRing(settings.keys_file), Sessions()),
        inventory=Inventory(settings, reader),
        tail=Tail(reader),
        meters=Meters(),
    )


def _reader(settings: ApiSettings) -> StoreReader:
    from storage.open import open_reader

    return open_reader(settings.store_url, settings.data_dir)


def _control(settings: ApiSettings) -> HubControl:
    from hub.control import ControlClient

    return ControlClient(settings.control_socket)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    deck: Deck = app.state.deck
    with suppress(StoreUnavailable):  # the hub is still making it: routes answer 503 until it is there
        await deck.reader.open()
    try:
        yield
    finally:
        deck.stopping.set()
        await deck.reader.close()
