"""A running epihub with a bot, a siren and a service of Apprise: killed while it howls, answered, silent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.fire.installation import Installation
from tests.fire.patience import until
from tests.notify.bot_server import TOKEN, BotServer, bot_server, telegram_message
from tests.notify.gateway import Gateway, gateway
from tests.notify.relay_board import Board, board
from tests.notify.test_end_to_end import freeze, notices
from tests.notify.watched_fridge import DEVICE, configure, person

pytestmark = pytest.mark.slow

CHAT = 5551234567
_NOTIFY = """\
[notify]
retry_seconds = 0.5
[[notify.channel]]
id = "tele"
kind = "telegram"
base_url = "{bot}"
token = {{ file = "token" }}
[[notify.channel]]
id = "any"
kind = "apprise"
url = {{ file = "apprise" }}
[[notify.channel]]
id = "siren"
kind = "relay"
relay = {{ by = "http", on_url = {{ file = "on" }}, off_url = {{ file = "off" }}, pulse_seconds = 2 }}
"""


class Outside:
    """What is around the installation."""

    def __init__(self, bot: BotServer, siren: Board, hook: Gateway) -> None:
        self.bot = bot
        self.siren = siren
        self.hook = hook

    def files(self) -> dict[str, str]:
        relay = self.siren.relay()
        return {
            "token": TOKEN,
            "chat": str(CHAT),
            "on": relay.on_url,
            "off": relay.off_url,
            "apprise": f"json://me:AAhidden@127.0.0.1:{self.hook.port}/?+Idempotency-Key={{id}}",
        }


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    async with AsyncExitStack() as stack:
        yield Outside(
            await stack.enter_async_context(bot_server()),
            await stack.enter_async_context(board()),
            await stack.enter_async_context(gateway()),
        )


@pytest.fixture
async def installation(tmp_path: Path, outside: Outside) -> AsyncIterator[Installation]:
    made = Installation.make(tmp_path / "epihub", "one machine")
    settings = DEVICE + _NOTIFY.format(bot=outside.bot.url) + person("tele", "chat", "siren")
    configure(made.folder, settings, outside.files())
    try:
        yield made
    finally:
        await made.end()


async def test_an_answer_by_a_bot_silences_the_siren(installation: Installation, outside: Outside) -> None:
    bot, siren = outside.bot, outside.siren
    await installation.start()
    await siren.until(lambda: siren.switched == [False])  # the hub's process serves
    each = (("siren", ""), ("any", ""), ("tele", "u-an"))
    tried = await asyncio.gather(
        *(installation.call("up", "notify.test", channel=channel, person=who) for channel, who in each)
    )
    assert tried == [{"outcome": "delivered", "code": "delivered"}] * 3
    assert siren.switched[-2:] == [True, False]
    assert "Tin thử" in outside.hook.bodies[0]["message"]
    await freeze(installation)
    await siren.until(lambda: siren.sounds)
    await bot.until(lambda: len(bot.sent) == 2)
    await until(lambda: len(notices(installation, "DELIVERED")) == 2, "both are settled")
    await installation.kill("up")
    await siren.until(lambda: not siren.sounds)  # its guard
    await installation.start()
    await siren.until(lambda: siren.sounds)
    code = bot.sent[1]["text"][-4:]
    await bot.say(1, telegram_message(666, f"OK {code}"))
    await bot.say(2, telegram_message(CHAT, f"OK {code}"))
    await siren.until(lambda: not siren.sounds)
    assert notices(installation, "WAITING") == []
    await bot.until(lambda: bot.offsets[-1] == 3)
    metrics = (await installation.call("up", "metrics"))["text"]
    assert 'epihub_notify_replies_total{outcome="acknowledged"} 1' in metrics
    assert 'epihub_notify_replies_total{outcome="stranger"} 1' in metrics
    health = await installation.component("notify")
    assert health["state"] == "ok"
    for text in (installation.log("up"), metrics):
        for secret in (TOKEN, str(CHAT), "key=secret", "AAhidden"):
            assert secret not in text
    async with asyncio.timeout(60):
        assert await installation.stop("up") == 0
