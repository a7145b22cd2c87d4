"""Bots of Telegram and Zalo against a service on this machine: sending, answers, and what a restart keeps."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.notify.bot_updates import telegram_said, zalo_said
from hub.notify.channels.bot import Bot
from hub.notify.channels.bot_calls import bot_answer
from hub.notify.channels.parcel import DELIVERED, Delivery, Parcel
from hub.notify.settings import Chain, Channel, ChannelKind, Person, Reach, Step
from hub.notify.wording import Text
from tests.notify.bench import running
from tests.notify.bot_server import TOKEN, BotServer, bot_server, telegram_message, zalo_message
from tests.notify.made import AN, SETTINGS
from tests.ports import free_ports

CHAT = "5551234"
PARCEL = Parcel("0123abcd", AN, CHAT, "7F3K", Text("epihub", "NÓNG +9,1 °C. Trả lời OK 7F3K", "NONG"))


def channel(server: BotServer, kind: ChannelKind = "telegram", token: str = TOKEN) -> Channel:
    return Channel("bot", kind, base_url=server.url, token=token, timeout_seconds=60)


@asynccontextmanager
async def listening(bot: Bot) -> AsyncIterator[list[tuple[str, str]]]:
    heard: list[tuple[str, str]] = []

    async def hear(chat: str, text: str) -> None:
        heard.append((chat, text))

    task = asyncio.create_task(bot.run(hear))
    try:
        yield heard
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("kind", ["telegram", "zalo"])
async def test_a_message_goes_to_its_chat(kind: ChannelKind) -> None:
    async with bot_server() as server:
        assert await Bot(channel(server, kind), None).send(PARCEL) == DELIVERED
        assert server.sent == [{"chat_id": CHAT, "text": PARCEL.text.body}]


@pytest.mark.parametrize(
    ("status", "body", "delivery"),
    [
        (403, b'{"ok":false,"error_code":403}', Delivery("refused", "telegram.403")),  # put out
        (400, b'{"ok":false,"error_code":400}', Delivery("refused", "telegram.400")),  # no such chat
        (401, b'{"ok":false,"error_code":401}', Delivery("again", "telegram.401")),  # the token
        (429, b'{"ok":false,"error_code":429}', Delivery("again", "telegram.429")),
        (200, b'{"ok":false,"error_code":403}', Delivery("refused", "telegram.403")),
        (200, b'{"ok":false}', Delivery("again", "telegram.502")),
        (302, b"", Delivery("again", "telegram.302")),
        (200, b"<html>", Delivery("again", "no_answer")),
        (200, b"[" * 100_000, Delivery("again", "no_answer")),
    ],
)
async def test_what_a_service_says(status: int, body: bytes, delivery: Delivery) -> None:
    async with bot_server() as server:
        server.refuses = lambda method: (status, body)
        assert await Bot(channel(server), None).send(PARCEL) == delivery


async def test_nobody_there_and_no_chat() -> None:
    (port,) = free_ports(1)
    gone = Channel("bot", "telegram", base_url=f"http://127.0.0.1:{port}", token=TOKEN)
    bot = Bot(gone, None)
    assert await bot.send(PARCEL) == Delivery("again", "no_answer")
    assert await bot.send(_to("")) == Delivery("refused", "bad_address")


def _to(address: str) -> Parcel:
    return Parcel(PARCEL.name, PARCEL.person, address, PARCEL.reply, PARCEL.text)


async def test_answers_are_heard_once_and_confirmed(tmp_path: Path) -> None:
    async with bot_server() as server:
        await server.say(7, telegram_message(5551234, "OK 7F3K"))
        await server.say(8, telegram_message(-100, "OK 7F3K", "group"))
        async with listening(Bot(channel(server), tmp_path)) as heard:
            await server.until(lambda: server.polls == 2)
            assert server.offsets == [None, 9]
            await server.say(3, telegram_message(5551234, "numbered anew"))
            await server.until(lambda: server.polls == 3)
        assert heard == [(CHAT, "OK 7F3K"), ("", ""), (CHAT, "numbered anew")]


async def test_whoever_begins_a_chat_is_told_its_id_and_nothing_else() -> None:
    async with bot_server() as server:
        for number in range(9):
            await server.say(number, telegram_message(700 + number, "/start"))
        await server.say(9, telegram_message(-5, "/start", "group"))
        await server.say(10, telegram_message(800, "hello"))
        async with listening(Bot(channel(server), None)):
            await server.until(lambda: server.polls == 2)
        assert [each["chat_id"] for each in server.sent] == ["700", "701", "702"]
        assert server.sent[0]["text"].startswith("epihub: mã chat của bạn là 700.")


async def test_what_was_heard_before_a_kill_is_not_heard_again(tmp_path: Path) -> None:
    """Killed after the commit and before the service was told."""
    async with bot_server() as server:
        await server.say(7, telegram_message(5551234, "OK 7F3K"))
        server.refuses = lambda method: (502, b"") if server.polls == 1 else None
        async with listening(Bot(channel(server), tmp_path)) as first:
            await server.until(lambda: server.polls == 2)
        server.refuses = lambda method: None
        await server.say(8, telegram_message(5551234, "later"))
        async with listening(Bot(channel(server), tmp_path)) as second:
            await server.until(lambda: server.offsets[-1] == 9)
        assert (first, second) == ([(CHAT, "OK 7F3K")], [(CHAT, "later")])


async def test_what_was_not_heard_comes_again(tmp_path: Path) -> None:
    async def deaf(chat: str, text: str) -> None:
        raise asyncio.CancelledError

    async with bot_server() as server:
        await server.say(7, telegram_message(5551234, "OK 7F3K"))
        with pytest.raises(asyncio.CancelledError):
            await Bot(channel(server), tmp_path).run(deaf)
        async with listening(Bot(channel(server), tmp_path)) as heard:
            await server.until(lambda: server.offsets[-1] == 8)
        assert heard == [(CHAT, "OK 7F3K")]


async def test_zalo_gives_one_at_a_time_and_says_when_there_is_none() -> None:
    async with bot_server(numbered=False) as server:
        server.refuses = lambda method: (
            (200, b'{"ok":false,"error_code":408,"description":"Request timeout"}')
            if server.polls == 0
            else None
        )
        async with listening(Bot(channel(server, "zalo"), None, pause_seconds=0)) as heard:
            await server.say(0, zalo_message("e4ea2cd5", "OK 7F3K"))
            await server.say(0, zalo_message("e4ea2cd5", "second"))
            await server.until(lambda: server.polls == 4)
        assert heard == [("e4ea2cd5", "OK 7F3K"), ("e4ea2cd5", "second")]
        assert set(server.offsets) == {None}


async def test_a_token_is_told_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = "123456:AAother-secret"
    async with bot_server() as server:
        bot = Bot(channel(server, token=wrong), None)
        assert await bot.send(PARCEL) == Delivery("again", "telegram.401")
        assert not await bot._poll(lambda chat, text: asyncio.sleep(0))
    told = str([vars(each) for each in caplog.records])
    assert "telegram.401" in told
    assert "AAother" not in told
    assert CHAT not in told


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["update_id", "message", "chat", "id", "type", "chat_type", "text"]), inner
            )
        ),
        max_leaves=8,
    )
)
def test_whatever_comes_is_no_surprise(result: Any) -> None:
    for said in (*telegram_said(result), *zalo_said(result)):
        assert isinstance(said.chat, str)
        assert isinstance(said.text, str)


@given(st.integers(100, 599), st.binary())
def test_an_answer_is_a_code_or_a_value_error(status: int, body: bytes) -> None:
    with suppress(ValueError):
        assert 0 < bot_answer(status, body).code < 1000


@pytest.mark.slow
async def test_an_answer_to_a_bot_acknowledges(tmp_path: Path) -> None:
    """From the ledger over the service and back; a stranger with the code does nothing."""
    async with bot_server() as server:
        settings = msgspec.structs.replace(
            SETTINGS,
            channels=(channel(server),),
            persons=(Person(AN, "vi", (Reach("bot", CHAT),)),),
            chains=(Chain("all", (Step(0, (AN,)),)),),
            folder=str(tmp_path / "notify"),
        )
        async with running(tmp_path / "store.db", settings) as bench:
            await bench.freeze("fridge-01")
            await bench.settled(1)
            (message,) = server.sent
            assert message["chat_id"] == CHAT
            assert message["text"].startswith("KHẨN: ĐÔNG BĂNG -0,9 °C - fridge-01, Kho vắc-xin")
            code = message["text"][-4:]
            await server.say(1, telegram_message(666, f"OK {code}"))
            await server.say(2, telegram_message(int(CHAT), f"ok {code.lower()} đang đến"))
            await bench.settled(SETTINGS.reminders, "SKIPPED")
            acked = (await bench.entries())[-1]
            assert (acked.kind.value, acked.actor) == ("ACKED", AN)
            assert bench.notifier.figures.replies == {"stranger": 1, "acknowledged": 1}
