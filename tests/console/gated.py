"""An edge with gates, the API process before it, and what a browser sees of one gate's screen."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as TooLate

from api.settings import settings_to_json
from tests.api.gate_edge import GateEdge, gate_edge
from tests.console.conftest import PATIENCE_MS, Background, end, start_server, wait_for_health
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

    def kiosk(self, gate: str) -> str:
        return f"{self.url}/kiosk/{gate}"

    def shows(self, *told: str, **more: Any) -> None:
        self.background.run(self.there.shows(*told, **more))

    def is_now(self, *told: Any) -> None:
        self.background.run(self.there.is_now(*told))

    def shows_until_seen(
        self, page: Page, gate: str, decision: str, reason: str, face: str, *texts: str
    ) -> None:
        """Somebody scans, and once more where the machine was too busy to show it in time."""
        for _ in range(3):
            self.shows(gate, decision, reason)
            try:
                page.wait_for_function(_SEES, arg=[face, list(texts)], timeout=PATIENCE_MS / 2)
            except TooLate:
                continue
            return
        sees(page, face, *texts)

    def start_again(self) -> None:
        told = self.there.settings(port=int(self.url.rpartition(":")[2]), console=True)
        self.process = start_server(settings_to_json(told))
        wait_for_health(self.url, self.process)


def sees(page: Page, face: str, *texts: str) -> None:
    """``face`` with one sign and ``texts`` stands on the screen."""
    page.wait_for_function(_SEES, arg=[face, list(texts)], timeout=PATIENCE_MS)


@contextmanager
def gates_at(folder: Path) -> Iterator[Gates]:
    background = Background()
    opened = gate_edge(folder)
    there = background.run(opened.__aenter__())
    made = Gates(f"http://127.0.0.1:{free_port()}", there, None, background)
    try:
        made.start_again()
        yield made
    finally:
        end(made.process)
        background.run(opened.__aexit__(None, None, None))
        background.end()
