"""The API as a process of its own over a store of made-up data, and Debian's chromium before it."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from api.keys import Role, add_key
from api.settings import settings_to_json
from hub.control import ControlClient
from hub.streams.clock import now_ms
from storage.contract import EventStore
from storage.open import open_store
from tests.api.fake_hub import FakeHub
from tests.api.lab_edge import COBAS, GENEXPERT, LIS, LabEdge, lab_edge, plate, single, unreadable
from tests.api.province import EDGE, HOSTILE, Writer, fill, result, settings
from tests.api.real_edge import RealEdge, real_edge
from tests.ports import free_port

CHROMIUM = Path("/usr/bin/chromium")
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
LONGEST_SECONDS = 120  # of whatever else only ends a run that fails
PATIENCE_MS = 60_000  # of a page on a machine that is busy; a deadline, nobody waits for it
expect.set_options(timeout=PATIENCE_MS)


class Background:
    """An event loop in a thread: store and hub live there, Playwright keeps the main thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(LONGEST_SECONDS)

    def end(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(LONGEST_SECONDS)
        self.loop.close()


@dataclass
class Running:
    """A running API process with its store, its hub, and the writer to both."""

    url: str
    process: subprocess.Popen[bytes]
    data_dir: Path
    hub: FakeHub
    writer: Writer
    background: Background
    ready_seconds: float

    def put(self, *arguments: Any, **more: Any) -> None:
        self.background.run(self.writer.put(*arguments, **more))


def start_server(told: bytes) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "api.server", "--settings", "-"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(told)
    process.stdin.close()
    return process


def wait_for_health(url: str, process: subprocess.Popen[bytes]) -> float:
    """Seconds until /healthz answered."""
    began = time.monotonic()
    while time.monotonic() - began < LONGEST_SECONDS:
        assert process.poll() is None, "the API process ended"
        try:
            if httpx.get(f"{url}/healthz").status_code == 200:
                return time.monotonic() - began
        except httpx.TransportError:
            time.sleep(0.02)  # a real process, outside our control
    raise AssertionError("the API process was not ready in time")


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def province_at(tmp_path: Path) -> Iterator[Running]:
    """A hub's API over the made-up province, its hub's process a fake one."""
    background = Background()
    store = open_store(None, tmp_path)
    background.run(store.open())
    now_ms = time.time_ns() // 1_000_000
    writer = background.run(fill(store, now_ms))
    background.run(writer.put(result(HOSTILE, "POS", ct=21.0), "genexpert-01", "bv-thong-nhat", now_ms))
    hub = FakeHub(tmp_path / "hub.sock")
    background.run(hub.start())
    edges = [{"id": EDGE, "url": f"https://{EDGE}.example:8080"}, {"id": "edge-2", "url": ""}]
    told = settings(tmp_path, hub.path, port=free_port(), console=True, edges=edges)
    url = f"http://127.0.0.1:{told.port}"
    process = start_server(settings_to_json(told))
    try:
        ready_seconds = wait_for_health(url, process)
        yield Running(url, process, tmp_path, hub, writer, background, ready_seconds)
    finally:
        end(process)
        background.run(hub.stop())
        background.run(store.close())
        background.end()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with province_at(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The same for tests that only look: nobody changes it, and all of a module share it."""
    with province_at(tmp_path_factory.mktemp("standing")) as made:
        yield made


@dataclass
class EdgeAlone:
    """A real edge on its socket, and the API process that is its console."""

    url: str
    there: RealEdge
    background: Background

    def came(self, raw: bytes) -> str:
        """A message of the device; gives its capture when it was not understood."""
        self.background.run(self.there.came(raw))
        return str(self.background.run(self.there.capture()))

    def key(self, role: Role) -> str:
        return add_key(self.there.data_dir / "keys.json", role)


@pytest.fixture
def edge_alone(tmp_path: Path) -> Iterator[EdgeAlone]:
    background = Background()
    opened = real_edge(tmp_path)
    there = background.run(opened.__aenter__())
    told = there.settings(port=free_port(), console=True)
    url = f"http://127.0.0.1:{told.port}"
    process = start_server(settings_to_json(told))
    try:
        wait_for_health(url, process)
        yield EdgeAlone(url, there, background)
    finally:
        end(process)
        background.run(opened.__aexit__(None, None, None))
        background.end()


@pytest.fixture(scope="module")  # no longer: its event loop would be in the way of tests that have their own
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        required = "chromium" in os.environ.get("EPIHUB_REQUIRE", "")
        (pytest.fail if required else pytest.skip)("Debian's chromium is not installed")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield made
        made.close()


@dataclass
class Watched:
    """A page and what went wrong on it."""

    page: Page
    wrong: list[str]

    def see(self, text: str, **more: Any) -> None:
        self.page.get_by_text(text, **more).first.wait_for(timeout=PATIENCE_MS)


def watch(browser: Browser, url: str, language: str = "vi", *, dark: bool = False) -> Watched:
    """A page in a context of its own that notes console errors and every request off this host."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="vi-VN")
    context.add_cookies(
        [
            {"name": "epihub_language", "value": language, "url": url},
            {"name": "epihub_dark", "value": str(int(dark)), "url": url},
        ]
    )
    watched = Watched(context.new_page(), [])
    page, wrong = watched.page, watched.wrong
    page.on("console", lambda told: wrong.append(told.text) if told.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    ours = (url, url.replace("http", "ws"), "data:", "blob:")
    page.on("request", lambda asked: None if asked.url.startswith(ours) else wrong.append(asked.url))
    return watched


@dataclass
class Laboratory:
    """A laboratory's edge with its console; ``store`` is beside it unless it stands apart."""

    url: str
    there: LabEdge
    store: EventStore | None
    background: Background

    def came(self, raw: bytes, device: str = GENEXPERT) -> str:
        """A message of an analyzer; gives its capture."""
        return str(self.background.run(self.there.came(raw, device)))

    async def place(self, order: dict[str, Any]) -> None:
        """An order as a LIS places it."""
        await ControlClient(self.there.socket).call("orders.place", orders=[order], by="lis")

    async def take(self, device: str, specimen: str) -> None:
        """An order that ``device`` has taken."""
        await self.place({"order": f"O-{specimen}", "specimen": specimen, "tests": ["T"], "device": device})
        await self.hand_over(device, specimen)

    async def hand_over(self, device: str, specimen: str) -> None:
        """``device`` takes what is ordered on ``specimen``."""
        outlet = self.there.edge.outlets[device]
        await outlet.handed_over(await outlet.orders(specimen))

    def deliver(self) -> None:
        """What waits reaches the store."""
        assert self.store is not None
        self.background.run(self.there.deliver(self.store))

    def key(self, role: Role) -> str:
        return add_key(self.there.data_dir / "keys.json", role)


@contextmanager
def laboratory_of(folder: Path, *, apart: bool) -> Iterator[Laboratory]:
    background = Background()
    store = None if apart else open_store(None, folder)
    if store is not None:
        background.run(store.open())
    opened = lab_edge(folder)
    there = background.run(opened.__aenter__())
    told = there.settings(port=free_port(), console=True, role="edge" if apart else "both")
    url = f"http://127.0.0.1:{told.port}"
    process = start_server(settings_to_json(told))
    try:
        wait_for_health(url, process)
        yield Laboratory(url, there, store, background)
    finally:
        end(process)
        background.run(opened.__aexit__(None, None, None))
        if store is not None:
            background.run(store.close())
        background.end()


RUN = [(f"TG-{n:02d}", "+" if n % 9 == 0 else "-") for n in range(1, 23)]


def fill_laboratory(laboratory: Laboratory) -> None:
    """Seven messages, the oldest first; the last three and the unmapped one have not left the edge.

    TN2611-0042 went all the way, TN2611-0043 was refused by the LIS, TN2611-0044 is unmapped. RUN-1 is a
    whole run, RUN-2 has a specimen without a test, one message names no specimen, one has markup for it.
    """
    laboratory.came(single("TN2611-0042", "+"))
    laboratory.came(single("TN2611-0043"))
    laboratory.came(plate(RUN, control="RUN-1"), COBAS)
    if laboratory.store is not None:
        laboratory.deliver()
    laboratory.background.run(_settle(laboratory))
    laboratory.came(single("TN2611-0044", "?"))
    laboratory.came(plate([("TG-90", "-"), ("TG-91", "")], control="RUN-2"), COBAS)
    laboratory.came(unreadable())
    laboratory.background.run(laboratory.there.tells(HOSTILE))


async def _settle(laboratory: Laboratory) -> None:
    queue = laboratory.there.edge.spool.forwards
    refused, taken = await queue.entries(LIS, "WAITING", 2)
    await queue.settle(LIS, taken.n, "DELIVERED", "AA", now_ms())
    await queue.settle(LIS, refused.n, "DEAD", "AR", now_ms())


@pytest.fixture(scope="package")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """Edge, store and console on one machine, in its trial without keys, filled; all modules share it."""
    with laboratory_of(tmp_path_factory.mktemp("laboratory"), apart=False) as made:
        fill_laboratory(made)
        yield made


@pytest.fixture(scope="package")
def laboratory_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """The edge with its own console, filled; here keys are needed."""
    with laboratory_of(tmp_path_factory.mktemp("apart"), apart=True) as made:
        fill_laboratory(made)
        made.key("admin")
        yield made


PHONE = (390, 844)
LAPTOP = (1280, 800)


def look_at(
    browser: Browser, url: str, path: str, language: str = "vi", size: tuple[int, int] = LAPTOP
) -> Watched:
    """A watched page of this size, at ``path``."""
    watched = watch(browser, url, language, dark=False)
    watched.page.set_viewport_size({"width": size[0], "height": size[1]})
    watched.page.emulate_media(reduced_motion="reduce")  # a picture shows the end of a movement
    watched.page.goto(url + path)
    return watched


def sign_in(watched: Watched, url: str, token: str) -> None:
    """Vietnamese console."""
    watched.page.goto(f"{url}/login")
    watched.page.get_by_label("Khóa truy cập").fill(token)
    watched.page.get_by_role("button", name="Vào").click()
    watched.page.get_by_role("heading", level=1).wait_for()


def shoot(watched: Watched, name: str) -> None:
    """Keep a picture for eyes."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    watched.page.wait_for_function("document.fonts.status === 'loaded'")
    watched.page.screenshot(path=SCREENSHOTS / f"{name}.png")


def fits(watched: Watched) -> bool:
    """Nothing sticks out to the right."""
    return bool(
        watched.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    )


def no_markup(watched: Watched) -> None:
    """Nothing of ``HOSTILE`` became an element, ran, or was computed."""
    assert watched.page.evaluate("window.pwned") is None
    assert watched.page.locator('img[src="x"]').count() == 0
    assert watched.page.get_by_text("49", exact=True).count() == 0
