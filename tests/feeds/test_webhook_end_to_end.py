"""What a device posts arrives at a webhook by way of ``epihub up``, whatever is killed on the way."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from api.keys import add_key
from hub.cli.destination import app
from hub.control import SOCKET, ControlClient
from hub.feeds.webhook_book import WebhookBook
from tests.feeds.receiver import SECRET, Receiver
from tests.fire.installation import Installation
from tests.fire.patience import until_told
from tests.fire.test_pushes import FRIDGE, RECORDS, post, report, until_api

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
READING = "coldchain.reading.v1"


@asynccontextmanager
async def fed(folder: Path, receiver: Receiver) -> AsyncIterator[tuple[Installation, str]]:
    installation = Installation.make(folder, "one machine")
    secret = folder / "hook"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    destination = f"""
[[destination]]
name = "central"
kind = "webhook"
url = "{receiver.url}"
secret = {{ file = "{secret}" }}
types = ["coldchain.*"]
begin = "log"
private = true
"""
    text = installation.config.read_text("utf-8")
    installation.config.write_text(text + FRIDGE + destination, "utf-8")
    try:
        await installation.start(installation.hub_role)
        key = add_key(installation.data / "api-keys.json", "device")
        await until_api(installation)
        yield installation, key
    finally:
        await installation.end()
        await receiver.stop()


def listed(installation: Installation) -> dict[str, object]:
    ended = CliRunner().invoke(app, ["list", "--json", "--data", str(installation.data)])
    assert ended.exit_code == 0, ended.output
    row: dict[str, object] = json.loads(ended.stdout.splitlines()[0])
    return row


async def test_one_effect_of_each_reading_whatever_is_killed(tmp_path: Path) -> None:
    receiver = Receiver()
    await receiver.start()
    async with fed(tmp_path, receiver) as (installation, key):
        for n, victim in enumerate(("deliverer", "hub", "deliverer")):
            pid = await installation.child_pid(victim)
            posting = asyncio.create_task(post(installation, key, report())) if n == 1 else None
            os.kill(pid, signal.SIGKILL)
            await installation.until_child_is_another(victim, pid)
            if posting:
                assert await posting == httpx.codes.OK
        temperatures = "temp.vaccine"

        def there() -> int:
            return sum(each["data"]["metric"] == temperatures for each in receiver.effects.values())

        await receiver.until(lambda: there() >= RECORDS, 120)

        async def settled() -> bool:
            row = await asyncio.to_thread(listed, installation)
            return row["state"] == "following" and row["wanted"] == row["taken"] and not row["waiting"]

        await until_told(settled, "all is settled", 60)
        metrics = (await installation.call("up", "metrics"))["text"]
        assert there() == RECORDS
        assert {each["type"] for each in receiver.effects.values()} == {READING}
        assert 'epihub_destination_state{destination="central"} 0' in metrics


async def test_people_pause_and_a_webhook_made_by_call_is_followed(tmp_path: Path) -> None:
    receiver = Receiver()
    await receiver.start()
    async with fed(tmp_path, receiver) as (installation, _):
        data = ["--data", str(installation.data), "--by", "lan"]

        async def stands(state: str) -> None:
            async def so() -> bool:
                return (await asyncio.to_thread(listed, installation))["state"] == state

            await until_told(so, f"it is {state}", 60)

        await stands("following")
        for action, state in (("pause", "paused"), ("resume", "following")):
            ended = await asyncio.to_thread(CliRunner().invoke, app, [action, "central", *data])
            assert ended.exit_code == 0, ended.output
            await stands(state)
        made = await installation.call(
            "up", "webhook.add", url="https://lis.invalid/", types=[], sites=[], by="lan"
        )

        async def followed() -> bool:
            told = await installation.call("up", "destination.states")
            return {each["name"] for each in told["items"]} == {"central", made["id"]}

        await until_told(followed, "the deliverer follows the webhook", 60)
        await ControlClient(installation.data / SOCKET).call("webhook.remove", name=made["id"], by="lan")
        assert WebhookBook(installation.data).all() == []
