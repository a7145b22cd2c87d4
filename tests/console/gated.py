"""An edge with gates, the API process before it, and what a browser sees of one gate's screen."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as TooLate

from api.settings import settings_to_json
from hub.streams.clock import now_ms
from storage.contract import EventStore
from storage.open import open_store
from tests.api.gate_edge import GATES, GateEdge, gate_edge
from tests.api.province import Writer
from tests.api.standing_edge import SITE
from tests.console.conftest import PATIENCE_MS, Background, Watched, end, start_server, wait_for_health
from tests.ports import free_port

# In one look: a screen goes blank after seconds, also between two looks of a test on a machine that is busy.
_SEES = """([face, texts]) => {
  const stage = document.querySelector("main");
  const drawn = one => getComputedStyle(one).display !== "none";
  const signs = [...document.querySelectorAll(".k-i")].filter(drawn);
  return document.body.dataset.face === face && signs.length === 1
    && texts.every(text => stage.textContent.includes(text));
}"""


@dataclass
class Gates:
    """Several gates of one edge: each test takes one, and finds no screen of another."""

    url: str
    there: GateEdge
    process: Any
    background: Background
    store: EventStore | None = None
    writer: Writer | None = None
    obeying: list[Future[None]] = field(default_factory=list)

    def kiosk(self, gate: str) -> str:
        return f"{self.url}/kiosk/{gate}"

    def shows(self, *told: str, **more: Any) -> None:
        self.background.run(self.there.shows(*told, **more))

    def is_now(self, *told: Any) -> None:
        self.background.run(self.there.is_now(*told))

    def shows_until_seen(
        self, page: Page, gate: str, decision: str, reason: str, face: str, *texts: str
    ) -> None:
        self.shows_until(lambda: sees(page, face, *texts), gate, decision, reason)

    def shows_until(self, seen: Callable[[], None], *told: str) -> None:
        """Somebody scans, and once more where the machine was too busy to show it in time."""
        _again(lambda: self.shows(*told), seen)

    def scan_until(self, seen: Callable[[], None], code: bytes) -> None:
        """The same at a real scanner, whose gate knows a code that it saw just now."""
        _again(lambda: self.background.run(self.there.scan(code)), seen)

    def put(self, *made: Any, gate: str = GATES[0], ago_ms: int = 0) -> None:
        """Events of ``gate`` as they stand in the store."""
        assert self.writer is not None
        at_ms = now_ms() - ago_ms
        events = [(self.writer.event(one, gate, SITE, at_ms), one) for one in made]
        self.background.run(self.writer.write(*events, now_ms=at_ms))

    def obey(self, gate: str) -> None:
        """The gate takes commands from now on and does them at once."""

        async def obeying() -> None:
            async for command in self.there.edge.outlets[gate].commands():
                await command.done()

        self.obeying.append(asyncio.run_coroutine_threadsafe(obeying(), self.background.loop))

    def start_again(self) -> None:
        role = "edge" if self.store is None else "both"
        told = self.there.settings(port=int(self.url.rpartition(":")[2]), console=True, role=role)
        self.process = start_server(settings_to_json(told))
        wait_for_health(self.url, self.process)


def sees(page: Page, face: str, *texts: str) -> None:
    """``face`` with one sign and ``texts`` stands on the screen."""
    page.wait_for_function(_SEES, arg=[face, list(texts)], timeout=PATIENCE_MS)


def faults(watched: Watched) -> list[str]:
    """Browsers say that nothing sounds before somebody touched the page; all else is wrong."""
    return [told for told in watched.wrong if "AudioContext" not in told]


def _again(do: Callable[[], None], seen: Callable[[], None]) -> None:
    do()
    with suppress(TooLate, AssertionError):
        return seen()
    do()
    return seen()


async def _end(running: list[Future[None]]) -> None:
    for each in running:
        each.cancel()
    await asyncio.sleep(0)  # they end at the next turn of their loop, which is ours


@contextmanager
def gates_at(folder: Path, *, apart: bool = True) -> Iterator[Gates]:
    """The console of the gates' edge; ``apart``: without the store of a hub."""
    background = Background()
    store = None if apart else open_store(None, folder)
    if store is not None:
        background.run(store.open())
    opened = gate_edge(folder)
    there = background.run(opened.__aenter__())
    made = Gates(f"http://127.0.0.1:{free_port()}", there, None, background, store)
    made.writer = Writer(store) if store else None
    try:
        made.start_again()
        yield made
    finally:
        if made.process is not None:
            end(made.process)
        background.run(_end(made.obeying))
        background.run(opened.__aexit__(None, None, None))
        if store is not None:
            background.run(store.close())
        background.end()
