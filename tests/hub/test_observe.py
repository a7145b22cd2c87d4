"""What health says of the line to the bus and of the certificate of its listener."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from hub.edge.edge import Edge, EdgeSettings
from hub.mqtt.connection import BrokerAddress
from hub.runtime.health_and_metrics import Observer
from tests.api.lab_edge import lab_edge
from tests.broker.certificates import Authority
from tests.fire.patience import until


def component(observer: Observer, name: str) -> dict[str, Any]:
    found: dict[str, Any] = observer.report()["components"][name]
    return found


async def test_health_says_why_there_is_no_line_to_the_bus(tmp_path: Path) -> None:
    address = BrokerAddress("127.0.0.1", 1, "edge-1", "the-secret-word")
    settings = EdgeSettings("edge-1", "lab", "1", tmp_path / "spool.db", tmp_path / "keys", address)
    edge = Edge(settings, (), lambda _: pytest.fail("there is no device"))
    await edge.open()
    running = asyncio.create_task(edge.run())
    observer = Observer("edge", edge, None)
    await until(lambda: "127.0.0.1:1" in component(observer, "bus")["reason"], "it names the broker")
    assert component(observer, "bus")["state"] == "degraded"
    assert "secret" not in str(observer.report())
    edge.relay.counters.line(True, 1)
    assert component(observer, "bus")["state"] == "ok"
    running.cancel()
    await asyncio.wait({running})


async def test_orders_are_told_before_new_ones_are_refused(tmp_path: Path) -> None:
    async with lab_edge(tmp_path) as there:
        observer, book = Observer("edge", there.edge, None), there.edge.spool.orders.book
        assert component(observer, "orders") | {"since": ""} == {"state": "ok", "reason": "", "since": ""}
        book.placed, book.sent = 10_000, 8_000
        assert component(observer, "orders")["state"] == "degraded"
        assert "18000 orders are open; from 20000 on" in component(observer, "orders")["reason"]
        book.sent = 7_999
        assert component(observer, "orders")["state"] == "ok"


def test_a_certificate_that_ends_soon_is_told(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ca")
    soon = Observer("hub", None, None, authority.issue(["localhost"], days=3).certificate)
    assert component(soon, "bus-certificate")["state"] == "degraded"
    assert "expires on" in component(soon, "bus-certificate")["reason"]
    good = Observer("hub", None, None, authority.issue(["localhost"], days=100).certificate)
    assert component(good, "bus-certificate")["state"] == "ok"
    assert "bus-certificate" not in Observer("hub", None, None).report()["components"]
