"""Lines cut at random bytes against a running epihub, half of them reset: what is sent again is one event."""

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import httpx
import pytest

from tests.fire.installation import Installation
from tests.fire.oracle import drained
from tests.fire.patience import until_told
from tests.fire.scrapes import Scrapes
from tests.lab_analyzers.astm.device import ACK, Device, records, session
from tests.lab_analyzers.line import framed, msa, oru, read_answer
from tests.ports import free_ports

CUTS = 25  # of each protocol
RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, no time: close sends RST and drops what was not sent
_DEVICE = """\
[[device]]
id = "xpert-1"
kind = "astm_tcp"
port = {port}
profile = "genexpert"
"""


@asynccontextmanager
async def running(folder: Path, settings: str = "") -> AsyncIterator[tuple[Installation, int]]:
    """epihub with one analyzer of each protocol, ``settings`` of the MLLP one; gives the ASTM one's port."""
    installation = Installation.make(folder, "one machine")
    (port,) = free_ports(1)
    installation.add_device(settings + _DEVICE.format(port=port), port)
    try:
        await installation.start()
        yield installation, port
    finally:
        await installation.end()


async def cut_short(port: int, stream: bytes, *, reset: bool) -> None:
    """Send ``stream`` and be gone: with FIN, or with RST as after a pulled plug."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(stream)
    await writer.drain()
    if reset:
        line: socket.socket = writer.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        writer.transport.abort()
    else:
        writer.close()


async def cut_messages(port: int, random: Random) -> set[str]:
    """HL7 over MLLP: each is cut, then sent whole; the specimens."""
    specimens = [f"MC-{number}" for number in range(CUTS)]
    for number, specimen in enumerate(specimens):
        whole = framed(oru(f"C{number}", specimen))
        await cut_short(port, whole[: random.randrange(1, len(whole) + 1)], reset=number % 2 == 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(whole)
        assert msa(await read_answer(reader)) == ("AA", f"C{number}")
        writer.close()
    return set(specimens)


async def cut_sessions(port: int, random: Random) -> set[str]:
    """ASTM: the same; the analyzer begins its session anew and waits for each ACK."""
    specimens = [f"AC-{number}" for number in range(CUTS)]
    for number, specimen in enumerate(specimens):
        texts = records(specimen)
        whole = session(texts)
        await cut_short(port, whole[: random.randrange(1, len(whole) + 1)], reset=number % 2 == 0)
        device = await Device.dial(port)
        assert await device.deliver(texts) == ACK * (len(texts) + 1)
        device.writer.close()
    return set(specimens)


async def stored(installation: Installation) -> Counter[str]:
    """The specimen of every result that the API shows."""
    found: Counter[str] = Counter()
    address = f"http://127.0.0.1:{installation.api_port}/api/v1"
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:

        async def ready() -> bool:
            try:
                return (await client.get("/healthz")).status_code == httpx.codes.OK
            except httpx.TransportError:
                return False

        await until_told(ready, "the API answers")
        cursor: str | None = ""
        while cursor is not None:
            answer = (await client.get("/results", params={"cursor": cursor} if cursor else {})).json()
            found.update(item["specimen"] for item in answer["items"])
            cursor = answer.get("next_cursor")
    return found


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_line_cut_anywhere_and_what_was_cut_sent_again_is_one_event(tmp_path: Path) -> None:
    async with running(tmp_path) as (installation, astm_port):
        sent = await asyncio.gather(
            cut_messages(installation.mllp_port, Random(4)), cut_sessions(astm_port, Random(5))
        )
        await drained(installation, Scrapes(installation))
        found = await stored(installation)
    assert found == Counter(dict.fromkeys(set().union(*sent), 1))
