"""Answers by mail: whose, in which words, and never those of the notice that is quoted."""

import asyncio
import logging
from email.message import EmailMessage
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.notify.channels.mail import AnsweredMail
from hub.notify.channels.mailbox_reader import MailboxFault, read_answers
from hub.notify.mail_answers import LONGEST_WORDS, MailAnswer, answer_of
from hub.notify.replies import code_of, persons_of
from hub.notify.settings import Chain, Channel, Mailbox, Person, Reach, Step
from tests.broker.certificates import Authority
from tests.notify.bench import running
from tests.notify.imap_server import PASSWORD, ImapServer, imap_server
from tests.notify.local_server import server_tls
from tests.notify.made import AN, SETTINGS
from tests.notify.test_channels import mail_server

AN_WRITES = "Nguyễn Văn An <An@cdc.example>"
NOTICE = "KHẨN: NÓNG +9,1 °C - fridge-01. Nhận việc: trả lời OK 7F3K"


def mail(text: str, *, sender: str = AN_WRITES, subject: str = "Re: epihub", **headers: str) -> bytes:
    made = EmailMessage()
    made["From"], made["Subject"] = sender, subject
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made.as_bytes()


@pytest.mark.parametrize(
    "text",
    [
        "OK 7F3K",
        "\n\nok 7f3k, tôi đến ngay\n\n> " + NOTICE,
        "Vào Th 3, 25 thg 11, 2025 epihub <epihub@cdc.example> đã viết:\n> " + NOTICE + "\n\nOK 7F3K",
    ],
)
def test_an_answer_acknowledges(text: str) -> None:
    answer = answer_of(mail(text))
    assert code_of(answer.words) == "7F3K"
    settings = msgspec.structs.replace(
        SETTINGS, persons=(Person(AN, "vi", (Reach("mail", "an@CDC.example"),)),)
    )
    assert persons_of(answer.address, "mail", settings) == [AN]
    assert persons_of("binh@cdc.example", "mail", settings) == persons_of("", "mail", settings) == []


@pytest.mark.parametrize(
    "text",
    [
        "Không phải việc của tôi.\n\n> " + NOTICE,
        "Ai trực?\n\n-----Original Message-----\nFrom: epihub\n\nNhận việc: trả lời\nOK 7F3K",
        "> OK 7F3K",
        "",
        "Đừng trả lời OK 7F3K",
    ],
)
def test_a_quoted_notice_acknowledges_nothing(text: str) -> None:
    assert answer_of(mail(text)).words == ""


def test_the_subject_does_as_well() -> None:
    assert answer_of(mail("", subject="Re: OK 7F3K")).words == "OK 7F3K"
    assert answer_of(mail("", subject="TL: Re: ok 7f3k nhé")).words == "ok 7f3k nhé"
    assert answer_of(mail("", subject="Re: epihub: trả lời OK 7F3K")).words == ""


def test_a_robot_is_nobody() -> None:
    answer = answer_of(mail("OK 7F3K", Auto_Submitted="auto-replied"))
    assert answer.address == ""


def test_who_writes_is_one() -> None:
    two = mail("OK 7F3K").replace(b"Subject:", b"From: binh@cdc.example\nSubject:")
    assert answer_of(two).address == ""
    assert answer_of(mail("OK 7F3K", sender="nobody")).address == ""


def test_only_plain_text_is_read() -> None:
    made = EmailMessage()
    made["From"] = AN_WRITES
    made.set_content("<p>OK 7F3K</p>", subtype="html")
    assert answer_of(made.as_bytes()) == MailAnswer("An@cdc.example", "")
    made.clear_content()
    made.set_content("Xem tệp.")
    made.add_alternative("<p>OK 7F3K</p>", subtype="html")
    made.add_attachment("OK 7F3K", filename="ok.txt")
    assert answer_of(made.as_bytes()).words == ""


def test_parts_in_parts_in_parts_are_left() -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(900))
    assert answer_of(b"From: an@cdc.example\n" + deep + b"\nOK 7F3K").words == ""


@given(st.binary(max_size=3000), st.sampled_from([b"", b"From: a@b.example\n", b"Subject: =?x?b?"]))
def test_any_bytes_are_an_answer_or_none(raw: bytes, before: bytes) -> None:
    answer = answer_of(before + raw)
    assert answer.address.isprintable()
    assert len(answer.words) <= LONGEST_WORDS
    assert answer.words == "" or answer.words.upper().startswith("OK")


def mailbox(server: ImapServer, **changes: str) -> Mailbox:
    told = {"username": "epihub", "password": PASSWORD, "folder": "INBOX"} | changes
    return Mailbox("127.0.0.1", server.port, "none", **told, poll_seconds=0.01)


async def test_unread_mail_is_heard_once_and_marked() -> None:
    heard: list[tuple[str, str]] = []

    async def hear(address: str, words: str) -> None:
        heard.append((address, words))

    async with imap_server() as server:
        server.mails = {3: mail("OK 7F3K"), 4: mail("x" * 200_000)}
        reader = AnsweredMail(Channel("mail", "smtp", timeout_seconds=60), mailbox(server))
        listening = asyncio.create_task(reader.run(hear))
        await server.until_seen(3, 4)
        server.mails[5] = mail("ok 2222")
        await server.until_seen(5)
        listening.cancel()
    assert heard == [("An@cdc.example", "OK 7F3K"), ("An@cdc.example", ""), ("An@cdc.example", "ok 2222")]


async def test_what_was_not_heard_stays_unread() -> None:
    def deaf(answer: MailAnswer) -> None:
        raise TimeoutError

    async with imap_server() as server:
        server.mails = {3: mail("OK 7F3K")}
        with pytest.raises(TimeoutError):
            await asyncio.to_thread(read_answers, mailbox(server), "", 5, deaf)
        assert server.seen == set()


@pytest.mark.parametrize(
    ("changes", "code"), [({"password": "wrong"}, "imap.login"), ({"folder": "Sent"}, "imap.folder")]
)
async def test_a_mailbox_that_is_not_opened(
    changes: dict[str, str], code: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with imap_server() as server:
        with pytest.raises(MailboxFault, match=code):
            await asyncio.to_thread(read_answers, mailbox(server, **changes), "", 5, lambda answer: None)
    assert "wrong" not in str([vars(each) for each in caplog.records])


async def test_a_mailbox_is_read_over_tls_and_its_certificate_verified(tmp_path: Path) -> None:
    ours = Authority(tmp_path, "ours")
    heard: list[MailAnswer] = []
    async with imap_server(server_tls(ours.issue(["127.0.0.1"]))) as server:
        server.mails = {3: mail("OK 7F3K")}
        box = msgspec.structs.replace(mailbox(server), security="tls")
        with pytest.raises(OSError, match="certificate"):
            await asyncio.to_thread(read_answers, box, "", 5, heard.append)
        await asyncio.to_thread(read_answers, box, str(ours.certificate), 5, heard.append)
    assert heard == [MailAnswer("An@cdc.example", "OK 7F3K")]


async def test_a_server_that_announces_more_than_was_asked_for() -> None:
    async with imap_server() as server:
        server.mails, server.literal = {3: mail("OK 7F3K")}, 10**9
        with pytest.raises(OSError, match="imap"):
            await asyncio.to_thread(read_answers, mailbox(server), "", 5, lambda answer: None)


@pytest.mark.slow
async def test_an_answer_by_mail_acknowledges(tmp_path: Path) -> None:
    """From the ledger by SMTP, and back by IMAP; whoever else knows the code does nothing."""
    async with imap_server() as box, mail_server() as (post, sender):
        channel = msgspec.structs.replace(sender._channel, mailbox=mailbox(box))
        settings = msgspec.structs.replace(
            SETTINGS,
            channels=(channel,),
            persons=(Person(AN, "vi", (Reach("mail", "an@cdc.example"),)),),
            chains=(Chain("all", (Step(0, (AN,)),)),),
        )
        async with running(tmp_path / "store.db", settings) as bench:
            await bench.freeze("fridge-01")
            await bench.settled(1)
            (told,) = post.mails
            code = told.decode().split()[-1] if b"base64" not in told else _body(told)[-4:]
            box.mails = {
                1: mail(f"OK {code}", sender="who@evil.example"),
                2: mail(f"OK {code}\n> {NOTICE}"),
            }
            await bench.settled(SETTINGS.reminders, "SKIPPED")
            acked = (await bench.entries())[-1]
            assert (acked.kind.value, acked.actor) == ("ACKED", AN)
            await box.until_seen(1, 2)
            assert bench.notifier.figures.replies == {"stranger": 1, "acknowledged": 1}


def _body(raw: bytes) -> str:
    from email import message_from_bytes
    from email.policy import default

    return str(message_from_bytes(raw, policy=default).get_content()).strip()
