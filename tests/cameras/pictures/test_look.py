"""A look at a camera: its pictures as they are taken, over the edge's socket, until somebody ends it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.types import Message

import api.edge.pictures
from api.deck import Deck
from api.edge.pictures import LookStream
from tests.api.clients import serving
from tests.background import background
from tests.cameras.pictures.camera_edge import CAMERA, JPEG, CameraEdge, camera_edge
from tests.fire.patience import until


@dataclass
class Browser:
    """What came so far; ``gone`` is set when it goes away."""

    came: bytes = b""
    ended: bool = False
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: Message) -> None:
        self.came += message.get("body", b"")
        self.ended = message["type"] == "http.response.body" and not message["more_body"]

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    @property
    def pictures(self) -> list[bytes]:
        """Those whose boundary has come, which is when a browser draws them."""
        parts = self.came.split(b"--epihub-picture\r\n")[1:-1]
        return [part.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n") for part in parts]


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[CameraEdge]:
    async with camera_edge(tmp_path) as made:
        yield made


@pytest.fixture
async def app(there: CameraEdge) -> AsyncIterator[FastAPI]:
    async with serving(there.settings()) as made:
        yield made


@asynccontextmanager
async def looking(app: FastAPI) -> AsyncIterator[Browser]:
    deck: Deck = app.state.deck
    assert deck.edge is not None
    browser, look = Browser(), LookStream(deck.edge, CAMERA, deck.meters, deck.stopping)
    async with background(look({"type": "http"}, browser.receive, browser.send)):
        yield browser


async def test_each_picture_comes_once_and_whole(there: CameraEdge, app: FastAPI) -> None:
    first = there.shows()
    async with looking(app) as browser:
        await until(lambda: browser.pictures == [JPEG], "the picture that is there comes at once")
        assert app.state.deck.meters.open_looks == 1
        there.shows(at_ms=first.at_ms + 1, jpeg=JPEG + b"2")
        await until(lambda: browser.pictures == [JPEG, JPEG + b"2"], "the next comes when it is taken")
        browser.gone.set()
        await until(lambda: browser.ended, "it ends when the browser goes")
    assert app.state.deck.meters.open_looks == 0


async def test_the_camera_knows_that_somebody_looks(there: CameraEdge, app: FastAPI) -> None:
    outlet = there.edge.outlets[CAMERA]
    assert not outlet.looked_at
    async with looking(app) as browser:
        await until(lambda: outlet.looked_at, "it is told")
        there.shows()
        await until(lambda: bool(browser.pictures), "the picture is there")
        assert outlet.looked_at


async def test_it_ends_when_its_time_is_over(
    there: CameraEdge, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.edge.pictures, "LOOK_SECONDS", 0.0)
    async with looking(app) as browser:
        await until(lambda: browser.ended, "its time is over")


async def test_it_ends_with_the_edge(there: CameraEdge, app: FastAPI) -> None:
    there.shows()
    async with looking(app) as browser:
        await until(lambda: bool(browser.pictures), "it has begun")
        there.socket.unlink()
        there.shows(jpeg=JPEG + b"2", at_ms=2**44)
        await until(lambda: browser.ended, "nobody answers any more")


async def test_it_ends_when_the_api_stops(there: CameraEdge, app: FastAPI) -> None:
    async with looking(app) as browser:
        await until(lambda: bool(browser.came), "it has begun")
        app.state.deck.stopping.set()
        await until(lambda: browser.ended, "it ends")
