"""What gates show, as the API follows it: each screen once, old ones never, and not knowing said as such."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from api.edge.gate_screens import SHOWN_SECONDS, GateScreens
from api.edge.link import EdgeLink, edge_away
from hub.contract import Screen
from hub.control import ControlClient
from tests.api.real_edge import RealEdge, real_edge

LIMIT_SECONDS = 30  # a deadline, nobody waits for it


def screen(reason: str, device: str = "gate-1") -> dict[str, Any]:
    return {"age_ms": 0, "device": device, "at_ms": 1, "decision": "allow", "reason": reason}


class Edge:
    """Answers when it is told to; ``now_s`` is the clock of the API."""

    def __init__(self) -> None:
        self.answers: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self.asked: list[tuple[int, int]] = []
        self.now_s = 0.0

    async def ask(self, life: int, after: int, wait_seconds: float) -> dict[str, Any]:
        self.asked.append((life, after))
        told = await self.answers.get()
        if told is None:
            raise edge_away()
        return told

    def tell(self, *items: dict[str, Any], newest: int = 1, life: int = 3) -> None:
        gates = {"gate-1": {"state": "ONLINE", "reason": "", "clock_offset_s": None}}
        self.answers.put_nowait({"life": life, "newest": newest, "items": list(items), "gates": gates})


@pytest.fixture
def edge() -> Edge:
    return Edge()


@pytest.fixture
async def screens(edge: Edge) -> AsyncIterator[GateScreens]:
    made = GateScreens(edge.ask, lambda: edge.now_s)
    async with asyncio.timeout(LIMIT_SECONDS), made.following():
        yield made


def is_away(screens: GateScreens) -> bool:
    return screens.standing.away


def reasons(found: list[Any]) -> list[str]:
    return [one.told["reason"] for one in found]


async def test_each_comes_once_to_its_own_gate(edge: Edge, screens: GateScreens) -> None:
    edge.tell(screen("a"), screen("elsewhere", "gate-2"))
    after, found = await screens.next("gate-1", 0)
    assert reasons(found) == ["a"]
    edge.tell()
    after, found = await screens.next("gate-1", after)
    assert found == []
    edge.tell(screen("b"), newest=2)
    assert reasons((await screens.next(None, after))[1]) == ["b"]
    assert edge.asked[:3] == [(0, 0), (3, 1), (3, 1)]


async def test_a_page_that_comes_later_sees_what_still_stands_and_no_more(
    edge: Edge, screens: GateScreens
) -> None:
    edge.tell(screen("a") | {"age_ms": 2000})
    _, (found,) = await screens.next("gate-1", 0)
    assert screens.left_ms(found) == SHOWN_SECONDS * 1000 - 2000
    edge.tell()
    assert reasons((await screens.next("gate-1", 0))[1]) == ["a"]
    edge.now_s = SHOWN_SECONDS - 1.5
    edge.tell()
    assert (await screens.next("gate-1", 0))[1] == []
    assert screens.left_ms(found) == 0


async def test_an_edge_that_is_away_is_known_to_be(edge: Edge, screens: GateScreens) -> None:
    assert is_away(screens)
    edge.tell(screen("a"))
    after, _ = await screens.next("gate-1", 0)
    assert not is_away(screens)
    assert screens.standing.gates["gate-1"]["state"] == "ONLINE"
    edge.answers.put_nowait(None)
    assert (await screens.next("gate-1", after))[1] == []
    assert is_away(screens)
    assert screens.standing.gates == {}
    edge.tell(screen("again"), newest=1, life=4)
    assert reasons((await screens.next("gate-1", after))[1]) == ["again"]


async def test_nobody_asks_when_nobody_looks(edge: Edge) -> None:
    made = GateScreens(edge.ask, lambda: edge.now_s)
    assert edge.asked == []
    async with asyncio.timeout(LIMIT_SECONDS):
        async with made.following():
            edge.tell(screen("a"))
            await made.next(None, 0)
        async with made.following():
            edge.tell()
            assert (await made.next(None, 0))[1] == []  # the first page is gone, and so is what it saw
    assert is_away(made)


async def test_from_an_adapter_to_whoever_follows(tmp_path: Any) -> None:
    async with real_edge(tmp_path) as there:
        made = GateScreens(EdgeLink(ControlClient(there.socket)).screens)
        async with asyncio.timeout(LIMIT_SECONDS), made.following():
            after, _ = await made.next(None, 0)
            outlet_of(there).show(Screen("gate-1", 5, "deny", "declaration.old", ("id.sex",), "NVA", 1985))
            found: list[Any] = []
            while not found:
                after, found = await made.next("gate-1", after)
    told = found[0].told
    assert (told["device"], told["at_ms"], told["decision"]) == ("gate-1", 5, "deny")
    assert (told["initials"], told["birth_year"], told["remarks"]) == ("NVA", 1985, ["id.sex"])


def outlet_of(there: RealEdge) -> Any:
    return next(iter(there.edge.outlets.values()))
