"""A running epihub: readings that are too cold wake a person once, also when it is killed meanwhile."""

import asyncio
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.fire.installation import EPIHUB, Installation
from tests.fire.patience import until, until_told
from tests.notify.gateway import Gateway, gateway
from tests.notify.watched_fridge import DEVICE, FRIDGE, WEBHOOK, configure, person, told

pytestmark = pytest.mark.slow

NUMBER = "0912345678"
_NOTIFY = """\
[notify]
heartbeat_file = "beat"
retry_seconds = 0.5
"""


@pytest.fixture
async def hook() -> AsyncIterator[Gateway]:
    async with gateway() as made:
        yield made


@pytest.fixture
async def installation(tmp_path: Path, hook: Gateway) -> AsyncIterator[Installation]:
    made = Installation.make(tmp_path / "epihub", "one machine")
    settings = DEVICE + _NOTIFY + WEBHOOK + person("sms", "number")
    configure(made.folder, settings, {"url": hook.url, "number": NUMBER})
    try:
        yield made
    finally:
        await made.end()


async def freeze(installation: Installation) -> None:
    """Below -0.5 °C for an hour and a half, until now."""
    address = f"http://127.0.0.1:{installation.api_port}/api/v1/ingest/{FRIDGE}"
    async with httpx.AsyncClient(timeout=60) as client:
        for body in told(-1.5, minutes=90, every=15):

            async def taken(body: bytes = body) -> bool:
                try:
                    return (await client.post(address, content=body)).status_code == httpx.codes.OK
                except httpx.TransportError:
                    return False

            await until_told(taken, "a reading is taken")


def notices(installation: Installation, state: str) -> list[str]:
    sql = f"SELECT kind FROM notice WHERE state = '{state}' ORDER BY due_ms"
    return [kind for (kind,) in installation.database.rows(sql)]


async def command(installation: Installation, *words: str) -> tuple[int | None, str]:
    """``epihub notify …``: exit code and standard output."""
    process = await asyncio.create_subprocess_exec(
        *EPIHUB, "notify", *words, "--data", str(installation.data), stdout=PIPE, stderr=PIPE
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


async def test_somebody_is_woken_once_and_acknowledged_not_again(
    installation: Installation, hook: Gateway
) -> None:
    """The gateway is down first, and epihub is killed in between."""
    hook.answer = lambda call: 503
    await installation.start()
    await freeze(installation)
    await hook.until(lambda: hook.calls > 0)
    await installation.kill("up")
    hook.answer = lambda call: 200
    await installation.start()
    await hook.until(lambda: bool(hook.bodies), 120)
    await until(lambda: bool(notices(installation, "DELIVERED")), "it is settled")
    (body,) = hook.bodies
    assert set(hook.keys) == {body["id"]}
    assert (body["person"], body["address"]) == ("u-an", NUMBER)
    assert "ĐÔNG BĂNG -1,5 °C - tu-lanh-01, Bệnh viện thử lửa" in body["text"]
    (told,) = body["notices"]
    assert (told["rule"], told["severity"]) == ("FRZE", "critical")
    assert notices(installation, "WAITING") == ["REMINDER"] * 5

    done = await installation.call(
        "up", "alarm", incident=told["incident"], action="ack", by="u-an", note="đang đến"
    )
    assert done["outcome"] == "done"
    assert notices(installation, "WAITING") == []
    assert notices(installation, "SKIPPED") == ["REMINDER"] * 5

    assert await command(installation, "test", "sms", "--person", "u-an") == (0, "sms: delivered\n")
    listed = await command(installation, "list", "--state", "DELIVERED")
    assert listed[1].count(" RAISED ") == 1
    assert (await command(installation, "test", "fax"))[0] == 1
    assert "Tin thử" in hook.bodies[-1]["text"]
    assert (installation.folder / "beat").exists()
    health = await installation.component("notify")
    assert health["state"] == "ok"
    metrics = (await installation.call("up", "metrics"))["text"]
    assert 'epihub_notify_messages_total{channel="sms",outcome="delivered"} 1' in metrics
    for text in (installation.log("up"), metrics):
        assert NUMBER not in text
        assert "token=secret" not in text
    assert await installation.stop("up") == 0
