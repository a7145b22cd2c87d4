"""How a gate is: no good word of one part hides the trouble of another; it opens without its scanner."""

from typing import Any

import pytest

from adapters.qr_gates import gate as gates
from adapters.qr_gates.gate_condition import GateCondition
from adapters.qr_gates.gate_tcp import GateTcp
from hub.errors import DeviceUnavailable
from hub.events import format_time
from hub.payloads import GateDecision
from hub.streams import now_ms
from hub.wire import Command
from tests.background import background
from tests.conformance.memory_outlet import MemoryOutlet
from tests.fire.patience import until
from tests.notify.local_server import served
from tests.ports import free_port
from tests.qr_gates.barriers.web_relay import WebRelay
from tests.qr_gates.visitors import settings, told


def test_trouble_stays_until_its_part_works() -> None:
    heard: list[tuple[str, str]] = []
    condition = GateCondition(lambda state, reason: heard.append((state, reason)))
    condition.trouble("barrier", "")
    assert heard == [], "a relay that works says nothing of a scanner that was never heard"
    condition.trouble("barrier", "relay.no_answer")
    condition.line("ONLINE", "line_open")
    condition.trouble("store", "not_stored")
    condition.trouble("store", "not_stored")
    condition.trouble("store", "")
    condition.line("OFFLINE", "scanner_gone")
    condition.trouble("barrier", "")
    condition.line("ONLINE", "line_open")
    condition.trouble("store", "not_stored")
    condition.trouble("store", "")
    assert heard == [
        ("DEGRADED", "relay.no_answer"),
        ("DEGRADED", "relay.no_answer"),
        ("DEGRADED", "not_stored"),
        ("DEGRADED", "relay.no_answer"),
        ("OFFLINE", "scanner_gone"),
        ("OFFLINE", "scanner_gone"),
        ("ONLINE", "line_open"),
        ("DEGRADED", "not_stored"),
        ("ONLINE", "stores_again"),
    ]


def test_a_line_that_is_slow_is_slow_again_after_other_trouble() -> None:
    heard: list[tuple[str, str]] = []
    condition = GateCondition(lambda state, reason: heard.append((state, reason)))
    condition.line("DEGRADED", "line_slow_for_cards")
    condition.trouble("barrier", "relay.no_answer")
    condition.trouble("barrier", "")
    assert heard[1:] == [("DEGRADED", "relay.no_answer"), ("DEGRADED", "line_slow_for_cards")]


def dialling(outlet: MemoryOutlet, **more: Any) -> GateTcp:
    """A scanner that nobody answers for."""
    return GateTcp(settings(role="dial", host="127.0.0.1", port=free_port(), **more), outlet)


async def test_a_gate_whose_scanner_is_away_is_opened_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "SCANNER_AGAIN_SECONDS", 0.02)
    outlet = MemoryOutlet()
    async with served(WebRelay()) as relay:
        url = f"http://127.0.0.1:{relay.port}"
        gate = dialling(outlet, relay={"by": "http", "url": url, "timeout_seconds": 10})
        async with background(gate.run()):
            await until(lambda: outlet.states[-1:] != [] and outlet.states[-1][0] == "OFFLINE", "it is told")
            await until(lambda: outlet.shelf.is_heard and relay.calls == ["GET /close"], "it is served")
            at_ms = now_ms()
            life = format_time(at_ms), format_time(at_ms + 10_000)
            ended = await outlet.shelf.ask(Command("c1", *life, "op-1", "open", {}))
            assert (ended.outcome, relay.calls[-1]) == ("done", "GET /open")
    assert [each.decision for each in told(outlet, GateDecision)] == ["manual"]


async def test_without_a_relay_whoever_runs_it_tries_again() -> None:
    with pytest.raises(DeviceUnavailable):
        await dialling(MemoryOutlet()).run()
