"""A monitor posts to a running epihub with its key; killed in the middle, nothing is lost or doubled."""

import asyncio
import gzip
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.keys import add_key
from tests.cold_chain.http.transfers import ems, transfer
from tests.fire.installation import Installation
from tests.fire.oracle import drained
from tests.fire.patience import until, until_told
from tests.fire.scrapes import Scrapes

FRIDGE = """\
[[device]]
id = "tu-lanh-01"
kind = "cold_http"
"""
FIRST = datetime(2026, 11, 10, tzinfo=UTC)
RECORDS = 240  # two and a half days: 10 commits
PATH = "/api/v1/ingest/tu-lanh-01"


def report() -> bytes:
    times = (FIRST + timedelta(minutes=15 * n) for n in range(RECORDS))
    records = (ems(time.strftime("%Y%m%dT%H%M%SZ"), TVC=n / 100) for n, time in enumerate(times))
    return gzip.compress(json.dumps(transfer(*records)).encode())


async def until_api(installation: Installation) -> None:
    async def ready() -> bool:
        try:
            async with httpx.AsyncClient(timeout=30) as client:
                address = f"http://127.0.0.1:{installation.api_port}/healthz"
                return (await client.get(address)).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    await until_told(ready, "the API answers")


async def post(installation: Installation, key: str, body: bytes) -> int:
    """The status; 0 for a connection that broke."""
    headers = {"Authorization": f"Bearer {key}", "Content-Encoding": "gzip"}
    try:
        async with httpx.AsyncClient(timeout=30) as client:
            address = f"http://127.0.0.1:{installation.api_port}{PATH}"
            return (await client.post(address, content=body, headers=headers)).status_code
    except httpx.TransportError:
        return 0


async def kill_while_it_stores(installation: Installation, key: str, body: bytes) -> int:
    """kill -9 once the spool is written; what the sender heard until then."""
    log = installation.spool.with_name("spool.db-wal")
    before = log.stat().st_mtime_ns
    posting = asyncio.create_task(post(installation, key, body))
    await until(lambda: posting.done() or log.stat().st_mtime_ns > before, "the spool is written")
    await installation.kill("up")
    return await posting


async def readings(installation: Installation, key: str, metric: str) -> list[dict[str, Any]]:
    asked = {
        "device": "tu-lanh-01",
        "metric": metric,
        "from": FIRST.isoformat(),
        "to": (FIRST + timedelta(days=6)).isoformat(),
        "limit": "1000",
    }
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
        answer = await client.get(f"http://127.0.0.1:{installation.api_port}/api/v1/readings", params=asked)
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_report_is_whole_once_its_sender_has_heard_200_whatever_was_killed(tmp_path: Path) -> None:
    installation, body = Installation.make(tmp_path, "one machine"), report()
    with installation.config.open("a", encoding="utf-8") as config:
        config.write(FRIDGE)
    try:
        await installation.start()
        sender = add_key(installation.data / "api-keys.json", "device")
        reader = add_key(installation.data / "api-keys.json", "reporter")
        await until_api(installation)
        heard = await kill_while_it_stores(installation, sender, body)
        await installation.start()
        await until_api(installation)
        if heard != httpx.codes.OK:  # it keeps what it was not told to forget
            assert await post(installation, sender, body) == httpx.codes.OK
        assert await post(installation, "eh_made_up", body) == httpx.codes.UNAUTHORIZED
        await drained(installation, Scrapes(installation))
        found = await readings(installation, reader, "temp.vaccine")
        alarms = await readings(installation, reader, "alarm.heat")
    finally:
        await installation.end()
    assert [row["value"] for row in found] == [n / 100 for n in range(RECORDS)]
    assert Counter(row["quality"] for row in found) == {"GOOD": RECORDS}
    assert len(alarms) == RECORDS / 24  # the newest of each piece
