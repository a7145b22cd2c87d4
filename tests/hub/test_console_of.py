"""Whose console a process serves, and what a hub's local socket says of commands to edges."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from api.guard import host_is_ours, known_hosts
from api.settings import settings_from_json
from hub.config.kinds import Kinds
from hub.config.loader import parse
from hub.errors import OperatorError
from hub.payloads import CommandResult
from hub.runtime.console_place import ApiOf, api_of
from hub.runtime.hub import Hub, NoAnswer
from hub.runtime.hub_place import HubPlace
from hub.runtime.hub_socket import hub_calls
from hub.runtime.wiring import Wiring
from storage.contract import Row, StoreReader

SITE = '[[site]]\nid = "a"\nname = "A"\nkind = "clinic"\ndistrict = "731"\n'


def test_one_machine_one_console(tmp_path: Path) -> None:
    hub, edge = tmp_path / "control.sock", tmp_path / "edge.sock"
    assert api_of({"hub", "edge"}, tmp_path) == ApiOf("both", hub, hub)
    assert api_of({"hub"}, tmp_path) == ApiOf("hub", hub, None)
    assert api_of({"edge"}, tmp_path) == ApiOf("edge", edge, edge)


def test_two_processes_in_one_data_directory_share_the_hubs(tmp_path: Path) -> None:
    hub, edge = tmp_path / "control.sock", tmp_path / "edge.sock"
    hub.touch()
    assert api_of({"edge"}, tmp_path) is None
    edge.touch()
    assert api_of({"hub"}, tmp_path) == ApiOf("both", hub, edge)


def test_edges_are_known_by_the_configuration_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPIHUB_EDGE_PASSWORD", "secret")
    text = f"""
[hub]
name = "dong-nai"
[edge]
id = "edge-1"
url = "https://edge-1.example:8080"
[[bus.edge]]
id = "edge-2"
password = {{ env = "EPIHUB_EDGE_PASSWORD" }}
[[bus.edge]]
id = "edge-3"
password = {{ env = "EPIHUB_EDGE_PASSWORD" }}
url = "https://edge-3.example"
{SITE}"""
    wiring = Wiring(parse(text, "test", base=tmp_path, kinds=Kinds([])), {})
    assert wiring.edge_addresses() == [
        {"id": "edge-1", "url": "https://edge-1.example:8080"},
        {"id": "edge-2", "url": ""},
        {"id": "edge-3", "url": "https://edge-3.example"},
    ]


def test_the_address_of_an_edge_is_a_name_that_its_api_knows(tmp_path: Path) -> None:
    text = f"""
[hub]
name = "a"
[edge]
url = "https://Edge-1.example:8080"
[api]
hosts = ["epihub.example"]
[bus]
url = "mqtt://127.0.0.1"
{SITE}"""
    wiring = Wiring(parse(text, "test", base=tmp_path, kinds=Kinds([])), {})
    own = ApiOf("edge", tmp_path / "edge.sock", tmp_path / "edge.sock")
    told = settings_from_json(json.dumps(wiring.api_settings(own)).encode())
    assert (told.role, told.edge, told.edge_socket) == ("edge", "edge-1", own.edge)
    assert host_is_ours("edge-1.example", known_hosts(told))
    apart = settings_from_json(json.dumps(wiring.api_settings(ApiOf("hub", own.control, None))).encode())
    assert not host_is_ours("edge-1.example", known_hosts(apart))
    assert host_is_ours("epihub.example", known_hosts(apart))


class Entries:
    """A store's reader with one entry."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def quarantined(self, entry_id: str) -> Row | None:
        row = {"site": "a", "edge": "edge-2", "device": "pcr-1", "capture": "ab" * 16}
        return {"here": row, "poison": row | {"capture": ""}}.get(entry_id)


class Commanded:
    """A hub whose edge answers as the test says; it keeps no alarms, and nobody asks for lots or reports."""

    place, bear = HubPlace("so-y-te"), None
    alarms = None
    store = None
    people = None

    def __init__(self, ended: CommandResult | OperatorError) -> None:
        self.ended = ended
        self.asked: list[tuple[Any, ...]] = []

    async def command(self, *asked: Any) -> CommandResult:
        self.asked.append(asked)
        if isinstance(self.ended, OperatorError):
            raise self.ended
        return self.ended


ENDS: dict[str, tuple[CommandResult | OperatorError, dict[str, Any]]] = {
    "done": (
        CommandResult("c", "done", "events=2 waiting=0"),
        {"outcome": "done", "reason": "events=2 waiting=0", "events": 2},
    ),
    "odd": (
        CommandResult("c", "done", "events=a=b"),
        {"outcome": "done", "reason": "events=a=b", "events": 0},
    ),
    "late": (CommandResult("c", "expired"), {"outcome": "expired", "reason": "", "events": 0}),
    "silent": (
        NoAnswer("edge-2 does not answer"),
        {"outcome": "away", "reason": "edge-2 does not answer", "events": 0},
    ),
}


@pytest.mark.parametrize("name", ["replay", "discard"])
@pytest.mark.parametrize("end", ENDS)
async def test_a_decision_goes_to_its_edge_and_tells_its_end(name: str, end: str) -> None:
    ended, told = ENDS[end]
    hub = Commanded(ended)
    calls = hub_calls(cast(Hub, hub), lambda: cast(StoreReader, Entries()))
    assert await calls[name](entry="here", by="k1") == told
    args = {"capture": "ab" * 16}
    assert hub.asked == [("a", "edge-2", "pcr-1", f"quarantine.{name}", args, "k1")]


@pytest.mark.parametrize("entry", ["poison", "nothing"])
async def test_what_is_no_edges_is_refused(entry: str) -> None:
    hub = Commanded(CommandResult("c", "done"))
    calls = hub_calls(cast(Hub, hub), lambda: cast(StoreReader, Entries()))
    with pytest.raises(OperatorError, match="no such entry"):
        await calls["replay"](entry=entry, by="k1")
    assert hub.asked == []
