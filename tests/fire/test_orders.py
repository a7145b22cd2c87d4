"""An order from the LIS to the analyzer and back, with real processes and a kill -9 right after the 2xx."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fire.installation import Installation
from tests.fire.patience import until_told
from tests.lab_analyzers.astm.device import ACK, Device, records
from tests.lab_analyzers.line import framed, msa, oru, read_answer
from tests.lab_analyzers.test_host_query import control_of, field, orl, query
from tests.ports import free_ports

ORDER = {"order": "ORD-1", "specimen": "S-1", "tests": ["94500-6"], "priority": "STAT", "specimen_type": "NP"}


async def asked(installation: Installation, method: str, path: str, **more: Any) -> dict[str, Any]:
    """The API's answer, once its process listens."""
    found: dict[str, Any] = {}

    async def told() -> bool:
        address = f"http://127.0.0.1:{installation.api_port}/api/v1/{path}"
        try:
            async with httpx.AsyncClient(timeout=30) as client:
                answer = await client.request(method, address, **more)
        except httpx.TransportError:
            return False
        assert answer.status_code == 200, answer.text
        found.update(answer.json())
        return True

    await until_told(told, "the API answers")
    return found


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_an_order_survives_a_kill_is_asked_for_and_resulted(tmp_path: Path) -> None:
    installation = Installation.make(tmp_path, "one machine")
    try:
        await installation.start()
        placed = await asked(installation, "PUT", "orders", json=ORDER)
        await installation.kill("up")
        assert [item["state"] for item in placed["items"]] == ["PLACED"]

        await installation.start()
        reader, writer = await installation.dial_device()
        writer.write(framed(query("Q1", "S-1")))
        assert field(await read_answer(reader), "QAK", 2) == "OK"
        order = await read_answer(reader)
        assert (field(order, "MSH", 9)[:7], field(order, "SPM", 2)[:3]) == ("OML^O33", "S-1")
        step = field(order, "OBR", 2)
        assert field(order, "OBR", 4).startswith("94500-6")
        writer.write(framed(orl("A1", control_of(order), f"OK {step}")))
        writer.write(framed(query("Q2", "S-2")))
        assert field(await read_answer(reader), "QAK", 2) == "OK"
        nothing = await read_answer(reader)
        assert (field(nothing, "SAC", 3), field(nothing, "ORC", 1)) == ("S-2", "DC"), "nobody ordered it"
        writer.write(framed(orl("A2", control_of(nothing))))
        assert (await asked(installation, "GET", "orders/ORD-1"))["state"] == "SENT"

        writer.write(framed(oru("M1", "S-1")))
        assert msa(await read_answer(reader)) == ("AA", "M1")
        told = await asked(installation, "GET", "orders/ORD-1")
        writer.close()
        assert (told["state"], told["sent_to"]) == ("RESULTED", "pcr-1")
        assert [result["test"] for result in told["results"]] == ["94500-6"]
    finally:
        await installation.end()


_XPERT = """
[[device]]
id = "xpert-1"
kind = "astm_tcp"
port = {port}
profile = "genexpert"
[[forward]]
from = "xpert-1"
to = "astm://127.0.0.1:{lis}"
answer_seconds = 10
retry_seconds = 60
"""
_ASKS = [b"H|@^\\|M2||LAB^GeneXpert^6.4\r", b"Q|1|^S-7||||||||||O@N\r", b"L|1|N\r"]
_TOLD = [b"H|\\^&|||LIS\r", b"P|1||7||Hoa\r", b"O|1|S-7||^^^FLU|R\r", b"L|1|F\r"]


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_over_astm_the_lis_is_asked_first_and_our_orders_while_it_is_away(tmp_path: Path) -> None:
    lines: asyncio.Queue[Device] = asyncio.Queue()
    lis = await asyncio.start_server(lambda *line: lines.put_nowait(Device(*line)), "127.0.0.1", 0)
    installation = Installation.make(tmp_path, "one machine")
    (port,) = free_ports(1)
    installation.add_device(_XPERT.format(port=port, lis=lis.sockets[0].getsockname()[1]), port)
    order = {"order": "ORD-7", "specimen": "S-7", "tests": ["COV2"], "device": "xpert-1"}
    try:
        await installation.start()
        await asked(installation, "PUT", "orders", json=order)
        device = await Device.dial(port)
        assert await device.deliver(_ASKS) == ACK * 4
        theirs = await lines.get()
        assert await theirs.receive() == b"".join(_ASKS)
        assert await theirs.deliver(_TOLD) == ACK * 5
        assert await device.receive() == b"".join(_TOLD)
        assert (await asked(installation, "GET", "orders/ORD-7"))["state"] == "PLACED", "it was not ours"

        lis.close()
        theirs.writer.close()
        assert await device.deliver(_ASKS) == ACK * 4
        assert b"O|1|S-7||^^^COV2|R|" in await device.receive()
        assert await device.deliver(records(specimen="S-7")) == ACK * 8
        told = await asked(installation, "GET", "orders/ORD-7")
        device.writer.close()
        assert (told["state"], told["sent_to"]) == ("RESULTED", "xpert-1")
    finally:
        await installation.end()
