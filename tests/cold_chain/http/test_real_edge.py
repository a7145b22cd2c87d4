"""A route of ``cold_http`` with its key, socket and spool: the answer follows the disk."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from adapters.cold_chain.cold_http import ColdHttp
from api.app import create_app
from hub.edge.edge import Edge, EdgeSettings
from hub.edge.replay import replay
from hub.mqtt.connection import BrokerAddress
from tests.api.clients import client_of, keyed
from tests.api.standing_edge import EDGE, SITE, StandingEdge, standing
from tests.cold_chain.http.doors import listening
from tests.cold_chain.http.transfers import RTM_HEADER, appliance, body, ems, envelope, rtm, transfer

URL = "/api/v1/ingest/kho"


@dataclass
class Posted(StandingEdge):
    """Two fridges on one route; ``sender`` has a key of role device."""

    api: FastAPI
    sender: httpx.AsyncClient

    @property
    def spooled(self) -> int:
        return self.edge.spool.figures().spooled


@pytest.fixture
async def kho(tmp_path: Path) -> AsyncIterator[Posted]:
    made = EdgeSettings(
        EDGE, SITE, "0", tmp_path / "spool.db", tmp_path / "keys", BrokerAddress("127.0.0.1", 9)
    )
    fridges = tuple(
        appliance(f"tu-{n}", site=SITE, route="kho", match={"ESER": serial})
        for n, serial in enumerate(("emd-0042", "rt-0007"))
    )
    edge = Edge(made, fridges, lambda _: ColdHttp)
    async with standing(edge, tmp_path) as socket:
        serving = asyncio.create_task(edge.run())
        await listening(edge.surroundings.routes, "/ingest/kho")
        told = StandingEdge(edge, tmp_path, socket).settings()
        api = create_app(told)
        async with keyed(api, told, "device") as sender:
            yield Posted(edge, tmp_path, socket, api, sender)
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


async def test_what_was_answered_is_in_the_spool_and_comes_again_for_nothing(kho: Posted) -> None:
    before, report = kho.spooled, body(transfer(ems()))
    answer = await kho.sender.post(URL, content=report)
    assert (answer.status_code, answer.json()) == (200, {"readings": 13, "quarantined": 0})
    assert kho.spooled >= before + 13
    counters = kho.edge.outlets["tu-0"].counters
    for again in (report, body(transfer(ems()) | {"note": "other bytes, the same readings"})):
        assert (await kho.sender.post(URL, content=again)).status_code == 200
    assert (counters.repeated, counters.identical) == (1, 13)


async def test_every_transfer_is_a_message_of_its_own_name(
    kho: Posted, caplog: pytest.LogCaptureFixture
) -> None:
    for temperature in (4.5, 5.5, 4.5):
        report = RTM_HEADER | {"ESER": "rt-0007", "records": [rtm(TVC=temperature)]}
        assert (await kho.sender.post(URL, content=body(envelope(report, kind="rtm")))).status_code == 200
    assert (await kho.sender.post(URL, content=b"{")).status_code == 400
    assert (await kho.sender.post(URL, content=b"[")).status_code == 400
    counters = kho.edge.outlets["tu-1"].counters
    assert (counters.control_reused, counters.repeated) == (0, 1)
    assert "control id" not in caplog.text


async def test_without_a_key_nothing_is_taken(kho: Posted) -> None:
    before = kho.spooled
    async with client_of(kho.api) as stranger:
        assert (await stranger.post(URL, content=body(transfer(ems())))).status_code == 401
    async with keyed(kho.api, kho.settings(), "reporter") as reporter:
        assert (await reporter.post(URL, content=body(transfer(ems())))).status_code == 403
    assert kho.spooled == before


async def test_a_spool_that_cannot_commit_is_503(kho: Posted) -> None:
    kho.edge.spool.books.full = True
    answer = await kho.sender.post(URL, content=body(transfer(ems())))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    kho.edge.spool.books.full = False
    assert (await kho.sender.post(URL, content=body(transfer(ems())))).status_code == 200


async def test_a_report_of_nobody_is_replayed_for_the_one_it_is_of(kho: Posted) -> None:
    report = RTM_HEADER | {"ESER": "rt-0008", "records": [rtm(TVC=5.5)]}
    told = await kho.sender.post(URL, content=body(envelope(report, kind="rtm")))
    assert told.json() == {"readings": 0, "quarantined": 1}
    (entry,) = await kho.edge.spool.quarantine()
    assert (entry.reason, entry.place, entry.device) == ("cce.appliance_unknown", "data[0]", "unattributed")
    capture = await kho.edge.spool.load_capture(bytes.fromhex(entry.capture))
    done = await replay(kho.edge.spool, kho.edge.adapters["tu-1"], kho.edge.outlets["tu-1"], capture)
    assert (done.events, done.waiting) == (7, 0)
