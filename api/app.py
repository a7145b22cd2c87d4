"""The application: routes found by folder, one guard in front, problems for every error.

The same code is the API of a hub, of an edge alone, or of both on one machine (``ApiSettings.role``).
"""

import asyncio
import importlib
import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

import api.edge.routes
import api.routes
from api import problems
from api.access import Access, Need, Sessions
from api.audit_trail import AuditTrail
from api.audited import Audited
from api.deck import Deck, StoreSide, nothing
from api.edge.gate_screens import GateScreens
from api.edge.link import EdgeLink
from api.guard import Guard, known_hosts
from api.inventory import Inventory
from api.keys import KeyRing
from api.libraries_left_out import left_out
from api.link import HubControl, HubLink
from api.meters import Metered, Meters
from api.reports.closing import Closing
from api.schemas import components
from api.settings import BY_STORE, ApiSettings
from api.tail import Tail
from hub.errors import StoreUnavailable
from hub.free_pages import return_free_pages
from storage.contract import StoreReader

PREFIX = "/api/v1"
FIRST_PAGES_SECONDS = 10.0  # then what the first pages needed to be made is free


def create_app(
    settings: ApiSettings,
    *,
    reader: StoreReader | None = None,
    control: HubControl | None = None,
    edge: HubControl | None = None,
) -> FastAPI:
    """The ASGI app; without ``reader``, ``control`` and ``edge`` it opens those the settings name."""
    deck = _deck(settings, reader, control or _control(settings.control_socket), edge)
    # The description is a route of ours, which names its role; the pages of FastAPI would load from a CDN.
    app = Described(
        title="epihub", version="1", lifespan=_lifespan, openapi_url=None, docs_url=None, redoc_url=None
    )
    app.state.deck = deck
    problems.install(app)
    app.router.routes.extend(_routes_of(settings.role, ledger=deck.own_alarms is not None))
    gate = None
    if settings.console:
        with left_out():
            from api.console.mount import mount_console

        gate = mount_console(app, deck)
    app.add_middleware(Metered, meters=deck.meters)
    if deck.trail is not None:
        app.add_middleware(Audited, trail=deck.trail, now_ms=deck.now_ms)
    app.add_middleware(Guard, access=deck.access, hosts=known_hosts(settings), gate=gate)
    return app


class Described(FastAPI):
    """With the schemas that routes name by reference."""

    def openapi(self) -> dict[str, Any]:
        told = super().openapi()
        schemas = told.setdefault("components", {}).setdefault("schemas", {})
        schemas |= components()
        return told


def find_routes() -> list[ModuleType]:
    """Every module of ``api.routes`` and ``api.edge.routes``, by name."""
    folders = {"api.routes.": api.routes.__path__, "api.edge.routes.": api.edge.routes.__path__}
    names = sorted(found.name for name, path in folders.items() for found in pkgutil.iter_modules(path, name))
    return [importlib.import_module(name) for name in names]


@cache
def _routes_of(role: str, *, ledger: bool) -> tuple[BaseRoute, ...]:
    """Made once in a process: FastAPI keeps in them what it works out at the first request."""
    together = APIRouter()
    for module in find_routes():
        _include(together, module, role, ledger=ledger)
    return tuple(together.routes)


def _include(together: APIRouter, module: ModuleType, role: str, *, ledger: bool) -> None:
    """A module exports ``router``; a ``root`` router is reachable without the prefix too.

    ``AT`` names the roles that serve it, by default those with a store; elsewhere its paths say so.
    ``OF_LEDGER``: an edge alone with a ledger of its own serves it, too.
    """
    served = role in getattr(module, "AT", BY_STORE) or (ledger and getattr(module, "OF_LEDGER", False))
    together.include_router(module.router if served else _elsewhere(module.router), prefix=PREFIX)
    root: APIRouter | None = getattr(module, "root", None)
    if root is not None:
        together.include_router(root, include_in_schema=False)


def _elsewhere(router: APIRouter) -> APIRouter:
    """The same paths and roles, answered with where to ask."""
    stand_in = APIRouter(include_in_schema=False)
    for route in (route for route in router.routes if isinstance(route, APIRoute)):
        needs = [Depends(one.call) for one in route.dependant.dependencies if isinstance(one.call, Need)]
        stand_in.add_api_route(
            route.path, _ask_the_hub, methods=sorted(route.methods or ()), dependencies=needs
        )
    return stand_in


async def _ask_the_hub() -> None:
    raise problems.hub_elsewhere()


def _deck(
    settings: ApiSettings, reader: StoreReader | None, control: HubControl, edge: HubControl | None
) -> Deck:
    store, beside = None, None
    if settings.has_hub:
        found = reader or _reader(settings)
        store = StoreSide(found, Tail(found))
    if settings.edge_socket and settings.has_edge:
        beside = EdgeLink(edge or _control(settings.edge_socket))
    heard = store.reader.devices if store else beside.devices if beside else nothing
    return Deck(
        settings=settings,
        store=store,
        hub=HubLink(control),
        edge=beside,
        access=Access(KeyRing(settings.keys_file), Sessions(), settings.sites),
        inventory=Inventory(settings, heard),
        meters=Meters(),
        screens=GateScreens(beside.screens) if beside else None,
        own_alarms=_own_alarms(settings),
        trail=AuditTrail(control, settings.data_dir) if settings.has_hub else None,
    )


def _reader(settings: ApiSettings) -> StoreReader:
    from storage.open import open_reader

    return open_reader(settings.store_url, settings.data_dir, password=settings.store_password)


def _own_alarms(settings: ApiSettings) -> StoreReader | None:
    if settings.has_hub or settings.alarms_dir is None:
        return None
    from storage.open import open_reader

    return open_reader(None, settings.alarms_dir)


def _control(socket: Path) -> HubControl:
    from hub.control import ControlClient

    return ControlClient(socket)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    deck: Deck = app.state.deck
    with suppress(StoreUnavailable):  # the hub is still making it: routes answer 503 until it is there
        await deck.ledger.open()
    asyncio.get_running_loop().call_later(FIRST_PAGES_SECONDS, return_free_pages)
    closing = asyncio.create_task(Closing(deck).run(), name="closing") if deck.store else None
    try:
        yield
    finally:
        deck.stopping.set()
        if closing is not None:
            closing.cancel()
            await asyncio.wait({closing})
        for reader in (deck.own_alarms, deck.store.reader if deck.store else None):
            if reader is not None:
                await reader.close()
