"""Channels against real servers on this machine: what is delivered, what may come later, what never."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from hub.notify.channels.mail import Mail
from hub.notify.channels.parcel import DELIVERED, Delivery, Parcel
from hub.notify.channels.webhook import Webhook
from hub.notify.settings import Channel
from hub.notify.wording import Text
from hub.runtime.heartbeat import Heartbeat
from tests.notify.gateway import Gateway, gateway
from tests.ports import free_ports

PARCEL = Parcel(
    "0123abcd",
    "u-an",
    "an@cdc.example",
    "7F3K",
    Text("epihub: KHẨN Kho", "NÓNG +9,1 °C. Nhận việc: trả lời OK 7F3K", "NONG"),
)


@pytest.fixture
async def hook() -> AsyncIterator[Gateway]:
    async with gateway() as made:
        yield made


def webhook(url: str, seconds: float = 60) -> Webhook:
    return Webhook(Channel("sms", "webhook", url=url, timeout_seconds=seconds))


@pytest.mark.parametrize(
    ("status", "delivery"),
    [
        (200, DELIVERED),
        (204, DELIVERED),
        (302, Delivery("refused", "http.302")),
        (400, Delivery("refused", "http.400")),
        (404, Delivery("refused", "http.404")),
        (408, Delivery("again", "http.408")),
        (429, Delivery("again", "http.429")),
        (500, Delivery("again", "http.500")),
        (503, Delivery("again", "http.503")),
        (0, Delivery("again", "no_answer")),  # hangs up
    ],
)
async def test_a_webhook_says_what_became_of_it(hook: Gateway, status: int, delivery: Delivery) -> None:
    hook.answer = lambda call: status
    assert await webhook(hook.url).send(PARCEL) == delivery
    assert hook.keys == [PARCEL.name]


async def test_nobody_there() -> None:
    (port,) = free_ports(1)
    assert await webhook(f"http://127.0.0.1:{port}/").send(PARCEL) == Delivery("again", "no_answer")


async def test_one_that_never_answers_is_bounded() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        assert await webhook(url, 0.2).send(PARCEL) == Delivery("again", "no_answer")


async def test_what_is_no_http_is_no_answer(hook: Gateway) -> None:
    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x00\xff" * 5000 + b"\r\n")
        writer.close()

    server = await asyncio.start_server(nonsense, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert await webhook(f"http://127.0.0.1:{port}/").send(PARCEL) == Delivery("again", "no_answer")
    server.close()


class MailServer:
    """Says to each command what ``answers`` has for its verb, else yes; ``mails`` it took."""

    def __init__(self, answers: dict[str, bytes]) -> None:
        self.answers = answers
        self.mails: list[bytes] = []
        self.recipients: list[str] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.answers.get("HELLO", b"220 mail.example\r\n"))
        while line := await reader.readline():
            verb = line.decode().split(" ")[0].split(":")[0].strip().upper()
            if verb == "DATA" and verb not in self.answers:
                writer.write(b"354 go on\r\n")
                self.mails.append((await reader.readuntil(b"\r\n.\r\n"))[:-5])
            if verb == "RCPT":
                self.recipients.append(line.decode().strip())
            writer.write(self.answers.get(verb, b"221 bye\r\n" if verb == "QUIT" else b"250 yes\r\n"))
            if verb == "QUIT":
                break
        writer.close()


@asynccontextmanager
async def mail_server(**answers: bytes) -> AsyncIterator[tuple[MailServer, Mail]]:
    made = MailServer(answers)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    channel = Channel(
        "mail", "smtp", host="127.0.0.1", port=made.port, sender="epihub@cdc.example", timeout_seconds=60
    )
    try:
        yield made, Mail(channel)
    finally:
        server.close()


async def test_a_mail_arrives_with_its_marks() -> None:
    async with mail_server() as (server, mail):
        assert await mail.send(PARCEL) == DELIVERED
        (raw,) = server.mails
        assert server.recipients == ["rcpt TO:<an@cdc.example>"]
    message = message_from_bytes(raw, policy=default)
    assert (message["Subject"], message["Message-ID"]) == ("epihub: KHẨN Kho", "<0123abcd@cdc.example>")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content().strip() == PARCEL.text.body


@pytest.mark.parametrize(
    ("answers", "delivery"),
    [
        ({"RCPT": b"550 no such user\r\n"}, Delivery("refused", "smtp.550")),
        ({"RCPT": b"450 later\r\n"}, Delivery("again", "smtp.450")),
        ({"MAIL": b"553 not you\r\n"}, Delivery("refused", "smtp.553")),
        ({"DATA": b"452 full\r\n"}, Delivery("again", "smtp.452")),
        ({"HELLO": b"421 busy\r\n"}, Delivery("again", "smtp.421")),
    ],
)
async def test_a_mail_server_that_refuses(answers: dict[str, bytes], delivery: Delivery) -> None:
    async with mail_server(**answers) as (_, mail):
        assert await mail.send(PARCEL) == delivery


async def test_a_header_cannot_be_smuggled_in() -> None:
    async with mail_server() as (server, mail):
        bad = Parcel("1", "u-an", "an@cdc.example\nBcc: x@y.example", "", PARCEL.text)
        assert await mail.send(bad) == Delivery("refused", "bad_address")
        assert server.recipients == []


async def test_a_heartbeat_beats_while_the_hub_works(hook: Gateway, tmp_path: Path) -> None:
    works = [True, False, True]
    beats: Sequence[bool] = works

    def alive() -> bool:
        return works.pop(0) if works else False

    heart = Heartbeat(hook.url, str(tmp_path / "beat"), alive, seconds=0.001)
    task = asyncio.create_task(heart.run())
    await hook.until(lambda: hook.calls == 2 and not works)
    task.cancel()
    assert (tmp_path / "beat").read_text().endswith("Z\n")
    assert beats == []
    assert hook.calls == 2


async def test_a_heartbeat_that_is_not_heard_is_told(hook: Gateway) -> None:
    hook.answer = lambda call: 500
    heart = Heartbeat(hook.url, "", lambda: True, seconds=0.001)
    task = asyncio.create_task(heart.run())
    await hook.until(lambda: hook.calls >= 2)
    task.cancel()
    assert heart.failing == "http.500"
