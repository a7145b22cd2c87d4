"""docs/api.md knows every route, problem, role and setting."""

import dataclasses
import re
from pathlib import Path

import httpx
import pytest

from api.keys import ROLES
from api.settings import ApiSettings, settings_from_json, settings_to_json
from hub.errors import ConfigError

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs/api.md").read_text("utf-8")


async def test_every_route_is_documented(client: httpx.AsyncClient) -> None:
    told = (await client.get("/api/v1/openapi.json")).json()
    assert len(told["paths"]) > 40
    for path, methods in told["paths"].items():
        for method in methods:
            assert re.search(rf"`{method.upper()} {re.escape(path[8:])}[`?]", DOCS), f"{method} {path}"


async def test_the_description_explains_every_route_and_its_path(client: httpx.AsyncClient) -> None:
    told = (await client.get("/api/v1/openapi.json")).json()
    assert len(told["paths"]) > 40
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], f"{method} {path}"
            assert operation["tags"], f"{method} {path}"
            named = [one for one in operation.get("parameters", ()) if one["in"] == "path"]
            assert all(one.get("description") for one in named), f"{method} {path}"
            assert set(re.findall("{(.+?)}", path)) == {one["name"] for one in named}


def test_every_problem_is_documented() -> None:
    """HTTP's own (http.…) by example, those of the console not at all."""
    texts = [path.read_text() for path in (ROOT / "api").glob("**/*.py") if "console" not in path.parts]
    codes = {code for text in texts for code in re.findall(r'Problem\(\s*\d{3},\s*"([a-z_.]+)"', text)}
    assert len(codes) > 12
    assert not {code for code in codes if f"`{code}`" not in DOCS}


def test_every_role_and_setting_is_documented() -> None:
    assert all(f"| `{role}` |" in DOCS for role in ROLES)
    assert all(f"`{one.name}`" in DOCS for one in dataclasses.fields(ApiSettings))


def test_settings_come_back_as_they_went() -> None:
    told = ApiSettings(
        data_dir=Path("d"),
        control_socket=Path("s"),
        keys_file=Path("k"),
        sites=[{"id": "a"}],
        devices=[{"id": "b"}],
        hosts=["hub.example"],
        role="both",
        edge="edge-1",
        alarms_dir=Path("a"),
        edge_socket=Path("e"),
        edges=[{"id": "edge-2", "url": "https://edge-2.example"}],
    )
    assert settings_from_json(settings_to_json(told)) == told
    with pytest.raises(ConfigError, match="edge_socket"):
        settings_from_json(b'{"data_dir":"d","control_socket":"s","keys_file":"k","role":"edge"}')
    with pytest.raises(ConfigError, match="port"):
        settings_from_json(b'{"data_dir":"d","control_socket":"s","keys_file":"k","port":"secret"}')
