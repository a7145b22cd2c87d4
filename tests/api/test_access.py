from pathlib import Path

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from api.access import GRANTS, Identity, Need
from api.keys import KeyRing, add_key, hash_of, list_keys, revoke_key
from hub.errors import OperatorError
from tests.api.conftest import Stage

SITES = "/api/v1/sites"
OPEN = {"/healthz", "/readyz", "/openapi.json", "/api/v1/healthz", "/api/v1/readyz", "/api/v1/openapi.json"}
OPEN |= {"/iclock/{what}", "/isapi/{device}"}  # terminals that can send no key; their edge decides


def roles_of(route: APIRoute) -> set[str]:
    needs = [one.call for one in route.dependant.dependencies if isinstance(one.call, Need)]
    return {name for need in needs for name in need.roles}


def test_every_route_names_its_role(stage: Stage) -> None:
    contexts = list(iter_route_contexts(stage.app.routes))
    assert len(contexts) > 10
    for context in contexts:
        assert isinstance(context.original_route, APIRoute), context.path
        roles = roles_of(context.original_route)
        assert roles, f"{context.path} names no role"
        assert (roles == {"anyone"}) == (context.path in OPEN), context.path


async def test_the_routes_of_the_design_are_there(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/api/v1/openapi.json")).json()["paths"]
    wanted = "sites devices devices/{device} results results/{result} readings readings/latest quarantine"
    wanted += " quarantine/{entry}/replay events stream healthz readyz metrics"
    assert {f"/api/v1/{path}" for path in wanted.split()} <= set(paths)


LOCAL = {
    "plain": ({}, 200),
    "own page": ({"Origin": "http://127.0.0.1:8080"}, 200),
    "foreign page": ({"Origin": "https://evil.example"}, 401),
    "sandboxed page": ({"Origin": "null"}, 401),
    "other port": ({"Origin": "http://127.0.0.1:9999"}, 401),
    "foreign script tag": ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 401),
    "link in a mail": ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
    "proxy": ({"X-Forwarded-For": "203.0.113.7"}, 401),
    "other proxy": ({"Forwarded": "for=203.0.113.7"}, 401),
    "rebound name": ({"Host": "rebound.example:8080"}, 401),
    "broken host": ({"Host": "127.0.0.1:x"}, 401),
    "host with a user": ({"Host": "evil@127.0.0.1"}, 401),
    "made-up key": ({"Authorization": "Bearer eh_made_up"}, 401),
    "other scheme": ({"Authorization": "Basic YTpi"}, 401),
}


@pytest.mark.parametrize("case", LOCAL)
async def test_without_keys_only_this_machine_itself_is_admin(stage: Stage, case: str) -> None:
    headers, status = LOCAL[case]
    async with stage.client() as client:
        assert (await client.get(SITES, headers=headers)).status_code == status


async def test_without_keys_another_machine_is_nobody(stage: Stage) -> None:
    async with stage.client(peer="192.0.2.1") as client:
        answer = await client.get(SITES)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_without_keys_a_foreign_page_cannot_post(stage: Stage) -> None:
    async with stage.client(Origin="https://evil.example") as client:
        assert (await client.post("/api/v1/quarantine/x/replay")).status_code == 403


ROLES = {
    "public": {SITES: 403, "/metrics": 200},
    "reporter": {SITES: 200, "/metrics": 200},
    "operator": {SITES: 200, "/metrics": 200},
    "admin": {SITES: 200, "/metrics": 200},
    "device": {SITES: 403, "/metrics": 403},
    "vault": {SITES: 403, "/metrics": 403},
}


@pytest.mark.parametrize("name", ROLES)
async def test_what_each_role_may(stage: Stage, name: str) -> None:
    token = add_key(stage.deck.settings.keys_file, name)  # type: ignore[arg-type]
    async with stage.client(Authorization=f"Bearer {token}") as client:
        told = {path: (await client.get(path)).status_code for path in ROLES[name]}
        replay = (await client.post("/api/v1/quarantine/x/replay")).status_code
    assert told == ROLES[name]
    assert replay == (404 if name in {"operator", "admin"} else 403)


async def test_from_the_first_key_on_everybody_needs_one(stage: Stage, client: httpx.AsyncClient) -> None:
    assert (await client.get(SITES)).status_code == 200
    token = add_key(stage.deck.settings.keys_file, "reporter")
    assert (await client.get(SITES)).status_code == 401
    assert (await client.get(SITES, headers={"Authorization": f"Bearer {token}"})).status_code == 200
    assert (await client.get("/healthz")).status_code == 200
    assert (await client.get("/readyz")).json() == {"status": "ok"}
    stage.deck.settings.keys_file.unlink()
    assert (await client.get(SITES)).status_code == 401, "a file that vanishes must not open the door"


async def test_a_broken_key_file_closes_the_door(stage: Stage, client: httpx.AsyncClient) -> None:
    stage.deck.settings.keys_file.write_text("[{")
    assert (await client.get(SITES)).status_code == 401


async def test_a_revoked_key_ends_at_once(stage: Stage, client: httpx.AsyncClient) -> None:
    path = stage.deck.settings.keys_file
    token, _ = add_key(path, "reporter"), add_key(path, "admin")
    headers = {"Authorization": f"Bearer {token}"}
    assert (await client.get(SITES, headers=headers)).status_code == 200
    revoke_key(path, list_keys(path)[0].id)
    assert (await client.get(SITES, headers=headers)).status_code == 401


async def test_with_keys_an_unknown_name_is_refused(stage: Stage) -> None:
    token = add_key(stage.deck.settings.keys_file, "admin")
    for host, status in {"rebound.example": 421, "192.0.2.5:8080": 200, "[::1]:8080": 200}.items():
        async with stage.client(host, Authorization=f"Bearer {token}") as client:
            assert (await client.get(SITES)).status_code == status, host


def test_the_key_file_holds_hashes_only_and_is_ours_alone(tmp_path: Path) -> None:
    path = tmp_path / "first" / "keys.json"
    tokens = [add_key(path, "admin", "máy trạm"), add_key(path, "device")]
    assert path.stat().st_mode & 0o777 == 0o600
    assert not any(token in path.read_text() for token in tokens)
    assert [(key.role, key.hash) for key in list_keys(path)] == [
        ("admin", hash_of(tokens[0])),
        ("device", hash_of(tokens[1])),
    ]
    assert len(set(tokens)) == 2
    assert all(len(token) > 43 for token in tokens)


def test_the_last_key_cannot_go(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    add_key(path, "admin")
    with pytest.raises(OperatorError, match="the last key stays"):
        revoke_key(path, list_keys(path)[0].id)
    with pytest.raises(OperatorError, match="no key with that id"):
        revoke_key(path, "nobody")
    with pytest.raises(OperatorError, match="no role of that name"):
        add_key(path, "root")  # type: ignore[arg-type]
    add_key(path, "reporter")
    revoke_key(path, list_keys(path)[0].id)
    assert [key.role for key in list_keys(path)] == ["reporter"]


def test_a_token_of_any_length_is_just_unknown(tmp_path: Path) -> None:
    add_key(tmp_path / "keys.json", "admin")
    ring = KeyRing(tmp_path / "keys.json")
    assert ring.required
    assert [ring.find(token) for token in ("", "x" * 100_000, "đ", "\x00")] == [None] * 4


def test_no_role_has_the_vault_or_posts_for_devices_besides_their_own() -> None:
    assert {name for name, granted in GRANTS.items() if "vault" in granted} == {"vault"}
    assert {name for name, granted in GRANTS.items() if "device" in granted} == {"device"}
    assert not Identity("k", "device").may("public")


async def test_a_device_may_send_its_key_as_a_password(stage: Stage) -> None:
    keys = {role: add_key(stage.deck.settings.keys_file, role) for role in ("device", "admin")}
    asked = {
        ("", keys["device"]): 404,  # let in: there is no such device
        ("kho:7", ""): 401,
        ("kho", keys["device"] + "x"): 401,
        ("kho", keys["admin"]): 401,
    }
    async with stage.client() as client:
        for credentials, status in asked.items():
            answer = await client.post("/api/v1/ingest/none", auth=credentials)
            assert answer.status_code == status, credentials[0]
        for broken in ("Basic", "Basic !", "Basic 4pyT", "Basic " + "YTpi" * 1000):
            answer = await client.post("/api/v1/ingest/none", headers={"Authorization": broken})
            assert answer.status_code == 401
