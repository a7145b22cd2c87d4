"""Every route of the real app, asked by every role: let in by its role alone, and held to the scope."""

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from api.access import ANYONE, GRANTS
from api.keys import ROLES, Role, add_key
from tests.api.conftest import Stage
from tests.api.province import SITES
from tests.api.test_access import roles_of

MINE = "tt-nhon-trach"
OTHERS = re.compile("|".join(site["id"] for site in SITES if site["id"] != MINE))
OTHERS_DEVICES = re.compile(r"genexpert-0|cobas-0|quantstudio-0|tu-dong-01|tu-lanh-0[1-6]\b")
# A value of each place of a path: of another site, or of nobody.
PLACES = {
    "device": "tu-lanh-01",
    "site": "kho-vac-xin",
    "edge": "edge-1",
    "camera": "cam-1",
    "lot": "FD9234",
    "zone": "khu-a",
}
_ENDLESS = {"/stream", "/gates/{device}/screen", "/cameras/{camera}/look"}
_PLACE = re.compile(r"\{([a-z_]+)(?::[a-z]+)?\}")

Asked = tuple[str, str, frozenset[str]]


def routes(stage: Stage) -> Iterator[Asked]:
    """(method, path with values, roles) of each; streams, which do not end, are asked in test_stream."""
    for context in iter_route_contexts(stage.app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and route.path not in _ENDLESS and context.path:
            path = _PLACE.sub(lambda found: PLACES.get(found[1], "none"), context.path)
            for method in sorted(route.methods or ()):
                yield method, path, frozenset(roles_of(route))


async def ask(client: httpx.AsyncClient, method: str, path: str) -> httpx.Response:
    body: dict[str, str] | None = {} if method in {"POST", "PUT", "PATCH"} else None
    return await client.request(method, path, json=body)


def lets_in(role: Role, wanted: frozenset[str]) -> bool:
    return ANYONE in wanted or bool(GRANTS[role] & wanted)


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
async def test_every_route_lets_in_its_roles_and_nobody_else(stage: Stage, role: Role) -> None:
    token = add_key(stage.deck.settings.keys_file, role)
    wrong = []
    async with stage.client(Authorization=f"Bearer {token}") as client:
        for method, path, wanted in routes(stage):
            answer = await ask(client, method, path)
            told = answer.json().get("code") if answer.status_code == 403 else ""
            if (told == "role.missing") == lets_in(role, wanted) or answer.status_code in {401, 500}:
                wrong.append((method, path, answer.status_code, told))
    assert wrong == []


@pytest.mark.slow
async def test_without_credentials_every_route_is_closed(stage: Stage) -> None:
    add_key(stage.deck.settings.keys_file, "admin")
    wrong = []
    async with stage.client() as client:
        for method, path, wanted in routes(stage):
            answer = await ask(client, method, path)
            if (answer.status_code == 401) == (ANYONE in wanted):
                wrong.append((method, path, answer.status_code))
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("role", [role for role in ROLES if role != "device"])
async def test_no_route_tells_who_has_a_scope_of_another_site(stage: Stage, role: Role) -> None:
    token = add_key(stage.deck.settings.keys_file, role, sites=[MINE])
    wrong = []
    async with stage.client(Authorization=f"Bearer {token}") as client:
        for method, path, _ in routes(stage):
            if path.endswith("/openapi.json"):
                continue  # its examples name sites
            answer = await ask(client, method, path)
            told = answer.text
            if answer.status_code == 500 or OTHERS.search(told) or OTHERS_DEVICES.search(told):
                wrong.append((method, path, answer.status_code, told[:300]))
    assert wrong == []
