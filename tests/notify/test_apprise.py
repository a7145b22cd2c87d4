"""Services of Apprise against servers on this machine; nothing of them in the log, nobody waits for them."""

import asyncio
import socket
import subprocess
import sys
from email import message_from_bytes
from email.policy import default

import pytest

from hub.notify.channels.apprise_service import AppriseService, url_for
from hub.notify.channels.parcel import DELIVERED, Delivery, Parcel
from hub.notify.settings import Channel
from hub.notify.wording import Text
from tests.notify.gateway import gateway
from tests.notify.test_channels import mail_server

pytest.importorskip("apprise", reason="the extra apprise is not installed")
ADDRESS = "an+kho@cdc.example"
PARCEL = Parcel("0123abcd", "u-an", ADDRESS, "7F3K", Text("epihub: KHẨN Kho", "NÓNG +9,1 °C", "NONG"))
# Sends over the service at level debug: the log must not have the secrets of the address.
TALKING = """
import asyncio, logging, sys, warnings
from hub import logs
logs.setup("json", "debug")
from hub.notify.channels.apprise_service import AppriseService, THREADS
from hub.notify.channels.parcel import Parcel
from hub.notify.settings import Channel
from hub.notify.wording import Text
for url in sys.argv[1:]:
    seconds = 0.3 if url == sys.argv[-1] else 30
    service = AppriseService(Channel("any", "apprise", url=url, timeout_seconds=seconds))
    parcel = Parcel("name", "u-an", "5559876543", "7F3K", Text("title", "words", "words"))
    print(asyncio.run(service.send(parcel)).code)
logging.getLogger("hub").debug("we are heard")
"""


def service(url: str, seconds: float = 5) -> AppriseService:
    return AppriseService(Channel("any", "apprise", url=url, timeout_seconds=seconds))


async def test_json_with_a_header_by_which_it_is_known_again() -> None:
    async with gateway() as hook:
        url = f"json://127.0.0.1:{hook.port}/send?:to={{address}}&+Idempotency-Key={{id}}"
        assert await service(url).send(PARCEL) == DELIVERED
        (body,) = hook.bodies
        assert (body["title"], body["message"], body["to"]) == (PARCEL.text.title, PARCEL.text.body, ADDRESS)
        assert hook.keys == [PARCEL.name]


@pytest.mark.parametrize("status", [302, 404, 500, 0])
async def test_what_is_not_taken_is_tried_again(status: int) -> None:
    async with gateway() as hook:
        hook.answer = lambda call: status
        url = f"json://127.0.0.1:{hook.port}/"
        assert await service(url).send(PARCEL) == Delivery("again", "apprise.failed")
        assert hook.calls == 1


async def test_a_mail_by_apprise() -> None:
    async with mail_server() as (server, _):
        url = f"mailto://localhost:{server.port}/?from=epihub@cdc.example&to={{address}}"
        assert await service(url).send(PARCEL) == DELIVERED
        (mail,) = (message_from_bytes(each, policy=default) for each in server.mails)
        assert (mail["Subject"], mail["To"]) == (PARCEL.text.title, ADDRESS)


async def test_an_address_of_ones_own() -> None:
    async with gateway() as hook:
        own = Parcel("1", "u-an", f"json://127.0.0.1:{hook.port}/", "", PARCEL.text)
        assert await service("").send(own) == DELIVERED
        assert await service("").send(PARCEL) == Delivery("refused", "apprise.bad_address")
        assert hook.calls == 1


def test_an_address_stays_one_part_of_the_url() -> None:
    hostile = "1/../2?verify=no&x=#"
    assert url_for("tgram://1:t/{address}", hostile, "1") == "tgram://1:t/1%2F..%2F2%3Fverify%3Dno%26x%3D%23"


async def test_one_that_hangs_holds_up_only_itself() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hanging = service(f"json://127.0.0.1:{silent.getsockname()[1]}/", 0.05)
        tries = await asyncio.gather(*(hanging.send(PARCEL) for _ in range(20)))
        assert {each.outcome for each in tries} == {"again"}
        async with gateway() as hook:
            assert await service(f"json://127.0.0.1:{hook.port}/").send(PARCEL) == DELIVERED


@pytest.mark.slow
def test_nothing_of_an_address_is_logged_and_the_end_waits_for_nobody() -> None:
    """Also not of those that are refused, or that hang when the process ends."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        urls = (
            "nonsense://AAtopsecret/{address}",
            "json://user:AAtopsecret@127.0.0.1:1/{address}",
            f"json://user:AAtopsecret@127.0.0.1:{port}/{{address}}",
        )
        done = subprocess.run(
            [sys.executable, "-c", TALKING, *urls], capture_output=True, text=True, timeout=120, check=True
        )
    last = done.stdout.split()[-1]
    assert last in ("no_answer", "apprise.failed")
    assert done.stdout.split() == ["apprise.bad_address", "apprise.failed", last]
    assert "we are heard" in done.stderr
    assert "AAtopsecret" not in done.stderr
    assert "5559876543" not in done.stderr
    assert "[number]" not in done.stderr
