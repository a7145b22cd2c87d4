"""The event stream over a real server and real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn

import api.sse
from api.deck import Deck
from api.serving import Server
from api.tail import Tail
from storage.contract import LoggedEvent
from tests.api.conftest import NOW_MS, Stage
from tests.api.province import result

LONGEST_SECONDS = 60  # a deadline that only ends a run that fails


class Announced(Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config, deck: Deck) -> None:
        super().__init__(config, deck)
        self.listens = asyncio.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.listens.set()


@asynccontextmanager
async def served(stage: Stage) -> AsyncIterator[str]:
    """The app on a free port, in this loop."""
    config = uvicorn.Config(stage.app, port=0, lifespan="off", log_config=None, timeout_graceful_shutdown=60)
    server = Announced(config, stage.deck)
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(LONGEST_SECONDS):
        await server.listens.wait()
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        async with asyncio.timeout(LONGEST_SECONDS):
            await task


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[httpx.Response]:
    async with httpx.AsyncClient(timeout=LONGEST_SECONDS) as client, client.stream("GET", url) as answer:
        yield answer


async def read(lines: AsyncIterator[str], count: int) -> list[tuple[int, str]]:
    """(id, event) of the next events."""
    found: list[tuple[int, str]] = []
    number = 0
    async with asyncio.timeout(LONGEST_SECONDS):
        async for line in lines:
            if line.startswith("id: "):
                number = int(line[4:])
            if line.startswith("event: "):
                found.append((number, line[7:]))
                if len(found) == count:
                    return found
    raise AssertionError("the stream ended")


async def test_what_comes_arrives_and_resumes_after_the_last_id(stage: Stage) -> None:
    last = (await stage.deck.reader.figures()).last_number
    async with served(stage) as url, httpx.AsyncClient(base_url=url, timeout=LONGEST_SECONDS) as client:
        async with client.stream("GET", "/api/v1/stream") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.aiter_lines()
            assert await anext(lines) == "retry: 1000"
            for n in range(3):
                await stage.writer.put(result(f"L{n}", "NEG"), "genexpert-01", "bv-thong-nhat", NOW_MS + n)
            assert await read(lines, 3) == [(last + n, "lab.result.v1") for n in (1, 2, 3)]
        headers = {"Last-Event-ID": str(last + 1)}
        async with client.stream("GET", "/api/v1/stream?after=1", headers=headers) as answer:
            assert [number for number, _ in await read(answer.aiter_lines(), 2)] == [last + 2, last + 3]


async def test_the_whole_log_from_the_beginning_in_order(stage: Stage) -> None:
    last = (await stage.deck.reader.figures()).last_number
    async with served(stage) as url, opened(f"{url}/api/v1/stream?after=0") as answer:
        numbers = [number for number, _ in await read(answer.aiter_lines(), last)]
    assert numbers == list(range(1, last + 1))


async def test_stopping_ends_open_streams(stage: Stage) -> None:
    async with httpx.AsyncClient(timeout=LONGEST_SECONDS) as client:
        async with served(stage) as url:
            request = client.build_request("GET", f"{url}/api/v1/stream")
            answer = await client.send(request, stream=True)
        async with asyncio.timeout(LONGEST_SECONDS):
            assert "retry: 1000" in (await answer.aread()).decode()
    assert stage.deck.tail.followers == 0
    assert stage.deck.meters.open_streams == 0


async def test_quiet_streams_get_a_comment(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.sse, "HEARTBEAT_SECONDS", 0.05)
    async with (
        served(stage) as url,
        opened(f"{url}/api/v1/stream") as answer,
        asyncio.timeout(LONGEST_SECONDS),
    ):
        async for line in answer.aiter_lines():
            if line == ": quiet":
                return
    raise AssertionError("the stream ended without a comment")


async def test_a_client_that_takes_nothing_is_cut_and_holds_up_nobody(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.sse, "SEND_SECONDS", 0.1)
    stalled = asyncio.Event()

    async def send(message: Any) -> None:
        if message.get("body") and b"id: " in message["body"]:
            await stalled.wait()

    async def receive() -> Any:
        await stalled.wait()
        return {"type": "http.disconnect"}

    stream = api.sse.EventStream(stage.deck.tail, 0, stage.deck.meters, stage.deck.stopping)
    async with asyncio.timeout(LONGEST_SECONDS):
        await stream({"type": "http"}, receive, send)
    assert "epihub_api_streams_cut_total 1" in stage.deck.meters.text(hub_up=True)
    assert stage.deck.tail.followers == 0


async def test_too_many_streams_are_refused(stage: Stage) -> None:
    stage.deck.meters.open_streams = 100
    async with stage.client() as client:
        answer = await client.get("/api/v1/stream")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")


@pytest.mark.parametrize("sent", ["x", "-1", "1.5", "٣", "9" * 30])
async def test_a_last_event_id_that_is_no_number_is_refused(stage: Stage, sent: str) -> None:
    async with stage.client() as client:
        answer = await client.get("/api/v1/stream", headers={b"Last-Event-ID": sent.encode()})
    assert answer.status_code == 400


@pytest.mark.slow
async def test_followers_far_behind_read_the_store_and_none_misses_an_event(stage: Stage) -> None:
    tail = Tail(stage.deck.reader)
    last = (await stage.deck.reader.figures()).last_number
    numbers: list[int] = []
    async with tail.following(), asyncio.timeout(LONGEST_SECONDS):
        while len(numbers) < last + 3:
            after = numbers[-1] if numbers else 0
            numbers += [event.number for event in await tail.next(after, 5)]
            if last <= numbers[-1] < last + 3:
                await stage.writer.put(result("T", "NEG"), "genexpert-01", "bv-thong-nhat", NOW_MS + after)
    assert numbers == list(range(1, len(numbers) + 1))


def test_bodies_of_another_make_cannot_break_out_of_their_event() -> None:
    body = b'{"a":1}\n\nid: 9\revent: x\r\ndata: y'
    text = api.sse.format_event(LoggedEvent(3, "evil\nid: 9", body)).decode()
    fields = [line.partition(": ")[0] for line in text.strip().split("\n")]
    assert fields == ["id", "event", "data", "data", "data", "data", "data"]
