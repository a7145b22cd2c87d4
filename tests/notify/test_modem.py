"""A modem that is not there: its end of a pseudo terminal, held by socat."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec
import pytest

from hub.notify.channels.modem import Modem
from hub.notify.channels.parcel import DELIVERED, Delivery, Parcel
from hub.notify.settings import Chain, Channel, Person, Reach, Step
from hub.notify.wording import Text
from hub.streams import SerialEndpoint, open_serial
from tests.cable import HAS_SOCAT, cable, hub_end
from tests.notify.bench import running
from tests.notify.made import AN, SETTINGS

pytestmark = pytest.mark.skipif(not HAS_SOCAT, reason="socat is not installed")

SMS = "KHAN: DONG BANG -1,5 C - fridge-01. Nhan viec: tra loi OK 7F3K"
LONGEST_SECONDS = 60.0  # of a modem that answers, on a machine that is busy
PARCEL = Parcel("m1", "u-an", "+84 912 345 678", "7F3K", Text("", "", SMS))


class FakeModem:
    """Takes messages and has some; ``refusal`` is what it says instead of taking one."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.store: dict[int, tuple[str, str]] = {}
        self.refusal = ""
        self.silent: Callable[[str], bool] = lambda command: False
        self.commands: list[str] = []
        self.changed = asyncio.Condition()
        self.ready = asyncio.Event()
        self._number = ""

    async def serve(self, path: str) -> None:
        line = await open_serial(SerialEndpoint(path, baud=115200))
        self.ready.set()
        buffer = b""
        try:
            while data := await line.reader.read(4096):
                buffer += data
                while found := [at for at in (buffer.find(b"\r"), buffer.find(b"\x1a")) if at >= 0]:
                    said, buffer = buffer[: min(found)], buffer[min(found) + 1 :]
                    line.writer.write(self._answer(said.decode().strip("\x1b")))
                    await line.writer.drain()
                    async with self.changed:
                        self.changed.notify_all()
        finally:
            await line.close()

    def _answer(self, said: str) -> bytes:
        if self._number:
            number, self._number = self._number, ""
            if self.refusal:
                return f"\r\n{self.refusal}\r\n".encode()
            self.sent.append((number, said))
            return b"\r\n+CMGS: 7\r\n\r\nOK\r\n"
        self.commands.append(said)
        if not said or self.silent(said):
            return b""
        if said.startswith("AT+CMGS="):
            self._number = said.split('"')[1]
            return f"{said}\r\r\n> ".encode()
        if said.startswith("AT+CMGL"):
            listed = (
                f'+CMGL: {number},"REC UNREAD","{who}",,"x"\r\n{text}\r\n'
                for number, (who, text) in self.store.items()
            )
            return f"\r\n{''.join(listed)}\r\nOK\r\n".encode()
        if said.startswith("AT+CMGD="):
            self.store.pop(int(said.partition("=")[2]), None)
        return b"\r\nOK\r\n"


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.notify.channels.modem.COMMAND_SECONDS", LONGEST_SECONDS)


@asynccontextmanager
async def plugged(folder: Path) -> AsyncIterator[tuple[FakeModem, Modem]]:
    fake = FakeModem()
    async with cable(folder) as (machine, ours):
        serving = asyncio.create_task(fake.serve(machine))
        await fake.ready.wait()  # opening a line drops what came before
        channel = Channel("sms", "modem", path=ours, timeout_seconds=LONGEST_SECONDS)
        modem = Modem(channel, poll_seconds=0.01)
        try:
            yield fake, modem
        finally:
            await modem._close()
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving


async def test_a_message_is_sent_in_text_mode(tmp_path: Path) -> None:
    async with plugged(tmp_path) as (fake, modem):
        assert await modem.send(PARCEL) == DELIVERED
        assert await modem.send(PARCEL) == DELIVERED
        assert fake.sent == [("+84912345678", SMS)] * 2
        assert fake.commands.count("AT+CMGF=1") == 1


@pytest.mark.parametrize(
    ("refusal", "delivery"),
    [
        ("+CMS ERROR: 331", Delivery("again", "cms.331")),  # no network
        ("+CMS ERROR: 1", Delivery("refused", "cms.1")),
        ("ERROR", Delivery("again", "modem.error")),
    ],
)
async def test_a_message_that_the_network_refuses(tmp_path: Path, refusal: str, delivery: Delivery) -> None:
    async with plugged(tmp_path) as (fake, modem):
        fake.refusal = refusal
        assert await modem.send(PARCEL) == delivery
        fake.refusal = ""
        assert await modem.send(PARCEL) == DELIVERED


async def test_a_modem_that_falls_silent_is_set_up_anew(tmp_path: Path) -> None:
    async with plugged(tmp_path) as (fake, modem):
        fake.refusal = "+CMGS: nothing follows"
        modem._seconds = 0.5
        assert await modem.send(PARCEL) == Delivery("again", "no_answer")
        fake.refusal = ""
        modem._seconds = LONGEST_SECONDS
        assert await modem.send(PARCEL) == DELIVERED
        assert fake.commands.count("AT+CMGF=1") == 2


async def test_no_modem_and_no_number(tmp_path: Path) -> None:
    modem = Modem(Channel("sms", "modem", path=str(tmp_path / "nothing")))
    assert await modem.send(PARCEL) == Delivery("again", "modem.unplugged")
    wrong = Parcel("m1", "u-an", '091"\rATD112', "", PARCEL.text)
    assert await modem.send(wrong) == Delivery("refused", "bad_address")


async def test_replies_are_heard_once_and_deleted(tmp_path: Path) -> None:
    heard: list[tuple[str, str]] = []

    async def hear(number: str, text: str) -> None:
        heard.append((number, text))

    async with plugged(tmp_path) as (fake, modem):
        fake.store = {3: ("+84912345678", "OK 7F3K"), 4: ("0987654321", "0110")}
        listening = asyncio.create_task(modem.run(hear))
        async with asyncio.timeout(LONGEST_SECONDS), fake.changed:
            await fake.changed.wait_for(lambda: not fake.store)
            polls = fake.commands.count('AT+CMGL="ALL"')
            await fake.changed.wait_for(lambda: fake.commands.count('AT+CMGL="ALL"') > polls + 1)
        assert await modem.send(PARCEL) == DELIVERED  # in between
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
    assert heard == [("+84912345678", "OK 7F3K"), ("0987654321", "Đ")]


async def test_a_reply_waits_until_it_was_heard(tmp_path: Path) -> None:
    """Whoever hears it fails: it stays in the modem."""

    async def deaf(number: str, text: str) -> None:
        raise asyncio.CancelledError

    async with plugged(tmp_path) as (fake, modem):
        fake.store = {3: ("+84912345678", "OK 7F3K")}
        with pytest.raises(asyncio.CancelledError):
            await modem.run(deaf)
        assert list(fake.store) == [3]


@pytest.mark.slow
async def test_a_reply_by_sms_acknowledges(tmp_path: Path) -> None:
    """From the ledger over the air and back."""
    async with plugged(tmp_path) as (fake, _):
        channel = Channel("sms", "modem", path=str(hub_end(tmp_path)), timeout_seconds=LONGEST_SECONDS)
        settings = msgspec.structs.replace(
            SETTINGS,
            channels=(channel,),
            persons=(Person(AN, "vi", (Reach("sms", "0912 345 678"),)),),
            chains=(Chain("all", (Step(0, (AN,)),)),),
        )
        async with running(tmp_path / "store.db", settings) as bench:
            await bench.freeze("fridge-01")
            await bench.settled(1)
            ((number, sms),) = fake.sent
            assert number == "0912345678"
            assert sms.startswith("KHAN: DONG BANG -0,9 C - fridge-01, Kho vac-xin tinh Dong Nai.")
            fake.store = {1: ("+84999999999", sms[-7:]), 2: ("+84912345678", sms[-7:])}
            await bench.settled(SETTINGS.reminders, "SKIPPED")
            assert bench.notifier.figures.replies == {"stranger": 1, "acknowledged": 1}
            acked = (await bench.entries())[-1]
            assert (acked.kind.value, acked.actor) == ("ACKED", AN)
