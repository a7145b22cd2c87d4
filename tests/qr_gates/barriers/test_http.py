"""Relays with HTTP calls, on a real server, and passages that are posted."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.qr_gates.barriers.barrier import BarrierFault
from adapters.qr_gates.barriers.passage_settings import PassageSettings
from adapters.qr_gates.barriers.relay_settings import RelaySettings
from hub.streams import HttpRequest
from hub.streams.http import Handler
from hub.streams.surroundings import Surroundings, current
from tests.background import background
from tests.fire.patience import until
from tests.notify.local_server import served
from tests.qr_gates.barriers.modules import Witness, barrier_of
from tests.qr_gates.barriers.web_relay import WebRelay


@pytest.fixture
async def server() -> AsyncIterator[WebRelay]:
    async with served(WebRelay()) as made:
        yield made


@pytest.fixture
async def witness() -> Witness:
    return Witness()


CLOSE, OPEN = "GET /close", "GET /open"
TASMOTA = "GET /cm?cmnd=Backlog0%20PulseTime2%201%3B%20Power2%20"
SHELLY = "GET /rpc/Switch.Set?id=1&on="
WORDS: dict[str, tuple[dict[str, Any], str, str]] = {
    "other": ({}, CLOSE, OPEN),
    "tasmota": ({"device": "tasmota", "channel": 1}, f"{TASMOTA}OFF", f"{TASMOTA}ON"),
    "shelly": ({"device": "shelly", "channel": 1}, f"{SHELLY}false", f"{SHELLY}true&toggle_after=0.1"),
    "body": (
        {"method": "PUT", "open_body": "<cmd>open</cmd>", "close_body": "<cmd>close</cmd>"},
        "PUT /close <cmd>close</cmd>",
        "PUT /open <cmd>open</cmd>",
    ),
}


@pytest.mark.parametrize("name", WORDS)
async def test_a_pulse_by_http(server: WebRelay, witness: Witness, name: str) -> None:
    settings, close, open_ = WORDS[name]
    barrier = barrier_of(witness, server.relay(**settings))
    async with background(barrier.run(witness.passed)):
        await server.until(lambda: server.calls == [close])
        await barrier.open()
        await server.until(lambda: server.calls == [close, open_, close])
    assert server.calls == [close, open_, close, close]


async def test_a_relay_with_a_timer_and_one_address_is_only_told_to_open(
    server: WebRelay, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATE_URL", f"http://127.0.0.1:{server.port}/pulse?key=secret")
    settings = {"by": "http", "open_url": {"env": "GATE_URL"}, "pulse_ms": 100}
    barrier = barrier_of(witness, RelaySettings.model_validate(settings))
    async with background(barrier.run(witness.passed)):
        await barrier.open()
        await barrier.open()
    assert server.calls == ["GET /pulse?key=secret"] * 2


async def test_a_relay_that_asks_for_a_user_is_answered_by_digest(
    server: WebRelay, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELAY_WORD", "mật khẩu")
    server.wants = 'Digest realm="shelly", qop="auth", algorithm=SHA-256, nonce="65"'
    user = {"username": "admin", "password": {"env": "RELAY_WORD"}}
    barrier = barrier_of(witness, server.relay(**user))
    async with background(barrier.run(witness.passed)):
        await barrier.open()
        assert 'Digest username="admin", realm="shelly"' in server.said
    assert witness.troubles == []
    unknown = barrier_of(witness, server.relay())
    async with background(unknown.run(witness.passed)):
        with pytest.raises(BarrierFault, match=r"relay\.http_401"):
            await unknown.open()


async def test_a_relay_that_refuses_is_told_and_tried_again(server: WebRelay, witness: Witness) -> None:
    server.status = 500
    barrier = barrier_of(witness, server.relay())
    async with background(barrier.run(witness.passed)):
        with pytest.raises(BarrierFault, match=r"relay\.http_500"):
            await barrier.open()
        await server.until(lambda: server.calls.count(CLOSE) > 1)
        server.status = 200
        await witness.until(lambda: witness.troubles[-1:] == [""])
    assert witness.troubles == ["relay.http_500", ""]


async def door_of(around: Surroundings) -> Handler:
    """Once the sensor listens."""
    await until(lambda: around.routes.find("/ingest/cong-a-passage") is not None, "the sensor listens")
    door = around.routes.find("/ingest/cong-a-passage")
    assert door
    return door


async def test_passages_are_posted_and_answered_after_the_commit(witness: Witness) -> None:
    around = Surroundings()
    current.set(around)
    settings = PassageSettings.model_validate({"by": "http", "text": '"passed"', "quiet_ms": 0})
    barrier = barrier_of(witness, passage=settings)
    async with background(barrier.run(witness.passed)):
        door = await door_of(around)
        post = HttpRequest("POST", "/ingest/cong-a-passage", body=b'{"event":"passed"}')
        assert [(await door(post)).status, witness.passages] == [200, [""]]
        online = HttpRequest("POST", post.path, body=b'{"event":"online"}')
        assert (await door(online)).body == b'{"passages":0}'
        witness.full = True
        refused = await door(post)
        assert (refused.status, refused.headers["Retry-After"]) == (503, "2")
        witness.full = False
        assert (await door(post)).status == 200
    assert witness.passages == ["", ""]


async def test_what_was_refused_and_comes_again_has_not_bounced(witness: Witness) -> None:
    around = Surroundings()
    current.set(around)
    barrier = barrier_of(witness, passage=PassageSettings.model_validate({"by": "http", "quiet_ms": 10_000}))
    async with background(barrier.run(witness.passed)):
        door = await door_of(around)
        post = HttpRequest("POST", "/ingest/cong-a-passage")
        witness.full = True
        assert (await door(post)).status == 503
        witness.full = False
        assert [(await door(post)).status for _ in range(2)] == [200, 200]
    assert witness.passages == [""], "the second of them is the same contact"
