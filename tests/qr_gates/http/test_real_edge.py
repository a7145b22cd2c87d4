"""A terminal before a real edge: API with keys, socket, adapter, spool; what is on disk survives the edge."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx

from adapters.qr_gates.gate_http import GateHttp
from adapters.qr_gates.gate_http_config import GateHttpConfig
from api.app import create_app
from hub.edge.edge import Edge, EdgeSettings
from hub.facts import Recalled
from hub.mqtt.connection import BrokerAddress
from hub.payloads import Passage, Scan
from tests.api.clients import client_of, keyed
from tests.api.standing_edge import EDGE, SITE, StandingEdge, standing
from tests.cold_chain.http.doors import listening
from tests.qr_gates.http.terminals import CDATA, INGEST, SERIAL, settings, zkteco
from tests.qr_gates.http.test_gate_http import CARD, line, png


@asynccontextmanager
async def edge_with(folder: Path, config: GateHttpConfig) -> AsyncIterator[StandingEdge]:
    made = EdgeSettings(EDGE, SITE, "0", folder / "spool.db", folder / "keys", BrokerAddress("127.0.0.1", 9))
    edge = Edge(made, (config,), lambda _: GateHttp)
    async with standing(edge, folder) as socket:
        serving = asyncio.create_task(edge.run())
        await listening(edge.surroundings.routes, config.path)
        yield StandingEdge(edge, folder, socket)
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


def stranger(there: StandingEdge, peer: str = "127.0.0.1") -> httpx.AsyncClient:
    """Somebody without a key, on a machine where there are keys."""
    return client_of(create_app(there.settings()), peer=peer)


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def told(there: StandingEdge) -> list[Recalled]:
    return list(await there.edge.outlets["cong-1"].recall((Scan, Passage), 0))


async def test_what_was_answered_is_in_the_spool_and_known_to_the_edge_that_follows(tmp_path: Path) -> None:
    body = line("075199000001", ago_s=60) + line("075199000002")
    config = zkteco(site=SITE, peers=["127.0.0.0/8"])
    async with edge_with(tmp_path, config) as there, stranger(there) as terminal:
        assert (await terminal.post(CDATA, content=body)).text == "OK: 2"
        assert len(await told(there)) == 4
    async with edge_with(tmp_path, config) as there, stranger(there) as terminal:
        assert (await terminal.post(CDATA, content=body + line("075199000003"))).text == "OK: 3"
        found = await told(there)
        assert len(found) == 6
        assert len({each.payload.visit for each in found if isinstance(each.payload, Scan)}) == 3


async def test_nobody_posts_without_a_key_from_another_network(tmp_path: Path) -> None:
    async with edge_with(tmp_path, zkteco(site=SITE)) as there:
        app = create_app(there.settings())
        async with keyed(app, there.settings(), "reporter") as reporter:
            assert (await reporter.post(INGEST, json={"code": "075199000001"})).status_code == 403
            assert (await reporter.post(CDATA, content=line())).status_code == 403
        async with stranger(there) as other:
            assert (await other.post(INGEST, json={"code": "075199000001"})).status_code == 401
            assert (await other.post(CDATA, content=line())).json()["code"] == "gate.stranger"
        assert await told(there) == []
        async with stranger(there, peer="10.1.2.20") as terminal:
            assert (await terminal.get(f"/iclock/cdata?SN={SERIAL}")).status_code == 200
            assert (await terminal.post(CDATA, content=line())).text == "OK: 1"
            assert (await terminal.post(INGEST, json={"code": "075199000001"})).status_code == 401
        async with keyed(app, there.settings(), "device") as gate:
            assert (await gate.post(INGEST, json={"code": "075199000001"})).json()["opens"] is True


async def test_a_full_spool_is_no_ok_and_the_same_lines_are_taken_later(tmp_path: Path) -> None:
    async with edge_with(tmp_path, settings(site=SITE)) as there:
        app = create_app(there.settings())
        async with keyed(app, there.settings(), "device") as gate:
            there.edge.spool.books.full = True
            refused = await gate.post(INGEST, json={"code": "075199000001"})
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
            there.edge.spool.books.full = False
            assert (await gate.post(INGEST, json={"code": "075199000001"})).status_code == 200


async def test_no_byte_of_a_card_or_a_picture_is_on_the_disk(tmp_path: Path) -> None:
    async with edge_with(tmp_path, settings(site=SITE)) as there:
        app = create_app(there.settings())
        async with keyed(app, there.settings(), "device") as gate:
            assert (await gate.post(INGEST, json={"code": CARD})).status_code == 200
            picture = await gate.post(INGEST, content=png(), headers={"Content-Type": "image/png"})
            assert picture.json()["decision"] == "allow"
        kept = on_disk(tmp_path)
        for marked in ("075199001234", "Ánh Tuyết", "Biên Hòa"):
            assert marked.encode() not in kept
        assert png()[:64] not in kept
