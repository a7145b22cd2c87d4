"""A terminal sends its lines until it hears OK; killed in the middle, each passage is stored once."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from api.keys import add_key
from tests.fire.installation import Installation
from tests.fire.oracle import drained
from tests.fire.patience import until, until_told
from tests.fire.scrapes import Scrapes
from tests.fire.test_pushes import until_api

SERIAL = "CGXH201260029"
TERMINAL = f"""\
[[device]]
id = "cong-1"
kind = "gate_http"
direction = "in"
zone = "khu-a"
dialect = "zkteco"
serial = "{SERIAL}"
peers = ["127.0.0.0/8"]
"""
PEOPLE = 240
SCANS = "scans?device=cong-1&limit=1000"
HERE = ZoneInfo("Asia/Ho_Chi_Minh")


def lines() -> bytes:
    """Everybody who came within the last hours, as a terminal has kept them while it was cut off."""
    began = datetime.now(HERE) - timedelta(hours=2)
    times = (began + timedelta(seconds=20 * n) for n in range(PEOPLE))
    return b"".join(
        f"0751990{n:05}\t{time:%Y-%m-%d %H:%M:%S}\t0\t15\n".encode() for n, time in enumerate(times)
    )


async def post(installation: Installation, body: bytes) -> str:
    """What the terminal hears; "" for a connection that broke."""
    path = f"/iclock/cdata?SN={SERIAL}&table=ATTLOG"
    try:
        async with httpx.AsyncClient(timeout=30) as client:
            answer = await client.post(f"http://127.0.0.1:{installation.api_port}{path}", content=body)
    except httpx.TransportError:
        return ""
    return answer.text if answer.status_code == httpx.codes.OK else ""


async def told(installation: Installation, key: str, path: str) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
        answer = await client.get(f"http://127.0.0.1:{installation.api_port}/api/v1/{path}")
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def all_are_told(installation: Installation, key: str) -> bool:
    return len(await told(installation, key, SCANS)) >= PEOPLE


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_each_passage_is_stored_once_whatever_was_killed(tmp_path: Path) -> None:
    installation, body = Installation.make(tmp_path, "one machine"), lines()
    with installation.config.open("a", encoding="utf-8") as config:
        config.write(TERMINAL)
    try:
        await installation.start()
        reader = add_key(installation.data / "api-keys.json", "reporter")
        await until_api(installation)
        log = installation.spool.with_name("spool.db-wal")
        before = log.stat().st_mtime_ns
        posting = asyncio.create_task(post(installation, body))
        await until(lambda: posting.done() or log.stat().st_mtime_ns > before, "the spool is written")
        await installation.kill("up")
        heard = await posting
        await installation.start()
        await until_api(installation)
        assert heard in ("", f"OK: {PEOPLE}")
        assert await post(installation, body) == f"OK: {PEOPLE}"
        await drained(installation, Scrapes(installation))
        await until_told(lambda: all_are_told(installation, reader), "everybody is told")
        scans = await told(installation, reader, SCANS)
        (zone,) = await told(installation, reader, "occupancy")
    finally:
        await installation.end()
    assert len({scan["visit"] for scan in scans}) == len(scans) == PEOPLE
    assert (zone["zone"], zone["count"]) == ("khu-a", PEOPLE)
