"""What people report to a running epihub outlives kill -9, and sent again it is the same."""

import asyncio
import csv
import io
import os
import re
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fire.installation import EPIHUB, Installation
from tests.fire.patience import until, until_told

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ITEMS = 300
IN_A_CALL = 5
NUMBER = "075099000001"


def item(number: int) -> dict[str, Any]:
    return {"facility": f"kcl-{number:03}", "date": "2021-08-05", "figures": {"in_care": number}}


async def entered(client: httpx.AsyncClient, items: list[dict[str, Any]]) -> list[str]:
    """Once the hub answers."""
    told: list[str] = []

    async def answered() -> bool:
        try:
            answer = await client.post("/intake/quarantine-daily", json=items)
        except httpx.TransportError:
            return False
        if answer.status_code != httpx.codes.OK:
            assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, answer.text
            return False
        told.extend(each["outcome"] for each in answer.json()["items"])
        return True

    await until_told(answered, "the hub takes intake")
    return told


async def in_log(client: httpx.AsyncClient) -> list[str]:
    """Subjects of all events of the type, one for each event."""
    subjects: list[str] = []
    cursor = ""
    while True:
        page = (await client.get(f"/events?limit=1000{cursor}")).json()
        subjects += [one["subject"] for one in page["items"] if one["type"] == "quarantine.daily.v1"]
        if not page["next_cursor"]:
            return subjects
        cursor = f"&after={page['next_cursor']}"


async def test_what_was_answered_is_there_after_kills_and_each_fact_is_one_event(tmp_path: Path) -> None:
    installation = Installation.make(tmp_path, "one machine")
    base = f"http://127.0.0.1:{installation.api_port}/api/v1"
    items = [item(number) for number in range(ITEMS)]
    answered: set[str] = set()
    try:
        async with httpx.AsyncClient(base_url=base, timeout=60) as client:
            await installation.start()
            await installation.until_api()
            for _ in range(2):
                sending = asyncio.create_task(_until_it_dies(client, items, answered))
                await until(lambda: len(answered) >= 2 * IN_A_CALL, "some are entered")
                await installation.kill("up")
                await sending
                await installation.start()
                await installation.until_api()
                subjects = await _log(client)
                assert answered <= set(subjects)
                answered.clear()
            await entered(client, items)
            assert await entered(client, items) == ["unchanged"] * ITEMS
            assert sorted(await in_log(client)) == sorted(f"{one['facility']}|2021-08-05" for one in items)
            await _the_command_says_the_same(installation, items)
            await _a_number_becomes_a_pseudonym_and_stays_nowhere(client, installation)
    finally:
        await installation.end()


async def _log(client: httpx.AsyncClient) -> list[str]:
    await entered(client, [item(0)])  # it answers again
    return await in_log(client)


async def _until_it_dies(client: httpx.AsyncClient, items: list[dict[str, Any]], answered: set[str]) -> None:
    """``answered``: what a client was told to be there."""
    for first in range(0, len(items), IN_A_CALL):
        try:
            answer = await client.post("/intake/quarantine-daily", json=items[first : first + IN_A_CALL])
        except httpx.TransportError:
            return
        if answer.status_code == httpx.codes.OK:
            answered.update(each["subject"] for each in answer.json()["items"])


async def _a_number_becomes_a_pseudonym_and_stays_nowhere(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    """In nothing that epihub keeps; a specimen's number that looks like one goes the way of results."""
    named = {"person_id": {"kind": "vnid", "value": NUMBER}}
    declared = {"reference": "n-1", "date": "2021-08-05", "district": "731"} | named
    registered = {"specimen": NUMBER, "collected": "2021-08-05"} | named
    for kind, body in (("declaration", declared), ("specimen", registered)):
        answer = await client.post(f"/intake/{kind}", json=body)
        assert answer.status_code == httpx.codes.OK, answer.text
    told = [
        one["data"]
        for one in (await client.get("/events?limit=1000")).json()["items"]
        if one["type"] in ("declaration.received.v1", "specimen.registered.v1")
    ]
    assert len({one["person"] for one in told}) == 1
    assert all(re.fullmatch("[pw]-[0-9a-f]{8}:[0-9a-f]{32}", one["person"]) for one in told)
    assert told[1]["specimen"].startswith("h:")
    kept = [file for file in installation.folder.rglob("*") if file.is_file()]
    assert [file.name for file in kept if NUMBER.encode() in file.read_bytes()] == []


async def _the_command_says_the_same(installation: Installation, items: list[dict[str, Any]]) -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["facility", "date", "in_care"])
    writer.writerows([one["facility"], "05/08/2021", one["figures"]["in_care"]] for one in items)
    table = installation.folder / "ngay.csv"
    table.write_text(out.getvalue(), "utf-8")
    url = f"http://127.0.0.1:{installation.api_port}"
    assert await _epihub(table, url) == (
        0,
        f"{ITEMS} rows: 0 created, 0 updated, {ITEMS} unchanged, 0 superseded\n",
    )
    table.write_text("facility,date,in_care\nkcl-1,31/02/2021,x\n", "utf-8")
    code, told = await _epihub(table, url)
    assert code == 1
    assert "row 2, date: intake.not_a_day" in told
    assert "row 2, figures.in_care: intake.not_a_number" in told


async def _epihub(table: Path, url: str) -> tuple[int, str]:
    arguments = ("intake", str(table), "--type", "quarantine-daily", "--url", url)
    process = await asyncio.create_subprocess_exec(
        *EPIHUB, *arguments, stdout=PIPE, stderr=PIPE, env=os.environ | {"EPIHUB_KEY": ""}
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, (out + err).decode()
