"""Finding cameras and reading their clocks, with a simulated device over real UDP and HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cameras.onvif.camera_clock import clock_offset
from adapters.cameras.onvif.clock_watch import watch_clock
from adapters.cameras.onvif.discovery import discover
from adapters.cameras.onvif.found_cameras import find_cameras
from adapters.cameras.onvif.markup import MAX_DEPTH, MAX_ELEMENTS, UnreadableMarkup, read_markup
from adapters.cameras.onvif.probe import AnsweredCamera, read_answer
from adapters.cameras.onvif.system_time import read_time
from adapters.cameras.rtsp.places import CameraPlace
from hub.cli import camera
from hub.cli.camera import table
from hub.errors import OperatorError
from hub.streams.blocking_calls import BlockingCalls
from tests.cameras.onvif.device import OnvifDevice, clock_answer, matches, onvif_device
from tests.fire.patience import until

LOOPBACK = (ip_network("127.0.0.0/8"),)
ASKING = 0.5  # seconds in which loopback answers
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b"<s:Envelope xmlns:s='x'><Year>&b;</Year></s:Envelope>"
)


@pytest.fixture
async def device() -> AsyncIterator[OnvifDevice]:
    async with onvif_device() as device:
        yield device


async def offset_of(device: OnvifDevice, *, seconds: float = 30.0, host: str = "127.0.0.1") -> float | None:
    place = CameraPlace(host, allow=LOOPBACK)
    return await clock_offset(place, device.http_port, BlockingCalls("test-clock", 2), seconds)


async def test_a_camera_answers_its_group(device: OnvifDevice) -> None:
    found = await discover(ASKING, target=device.target, interface="127.0.0.1")
    assert found == (
        AnsweredCamera("127.0.0.1", device.http_port, "Cổng chính", "DS-2CD", "khoa Cấp cứu"),
    ), "it is asked twice and told once"


async def test_what_is_no_answer(device: OnvifDevice) -> None:
    device.answers = lambda message_id: [
        b"",
        b"\xff" * 2000,
        LAUGHS,
        matches("urn:uuid:another", "http://127.0.0.1/"),
        matches(message_id, "http://127.0.0.1:8000/")[:-5],
    ]
    assert await discover(ASKING, target=device.target, interface="127.0.0.1") == ()


async def test_texts_of_a_camera_are_printable_and_short(device: OnvifDevice) -> None:
    hostile = "%1b[2Jx%0d%0a" + "y" * 500
    device.answers = lambda message_id: [
        matches(message_id, "http://[bad:80 rtsp://x http://10.9.9.9:81/", hostile)
    ]
    (found,) = await discover(ASKING, target=device.target, interface="127.0.0.1")
    assert found.name == ("[2Jx" + "y" * 500)[:64]
    assert (found.address, found.onvif_port) == ("127.0.0.1", 81), "its sender, whatever it says"


async def test_what_the_command_shows(device: OnvifDevice) -> None:
    device.ahead_s = 3600
    found = await find_cameras(ASKING, "127.0.0.1", target=device.target, allow=LOOPBACK)
    head, line = table(found)
    assert head.split() == ["address", "onvif", "clock", "s", "name", "hardware", "location"]
    assert "127.0.0.1" in line
    assert "Cổng chính" in line
    offset = found[0].clock_offset_s
    if offset is not None:  # it may have taken longer on a busy machine
        assert f"{offset:+.1f}" in line
    assert table([])[0].startswith("no camera answered")


@pytest.mark.parametrize("ahead_s", [0.0, 90.0, -86_400.0])
async def test_the_clock(device: OnvifDevice, ahead_s: float) -> None:
    device.ahead_s = ahead_s
    told = await offset_of(device)
    assert told is not None
    assert told == pytest.approx(ahead_s, abs=5), "to a second, and what a busy machine takes"
    assert device.asked[0].startswith("POST /onvif/device_service HTTP/1.1\r\n")
    assert "authorization" not in device.asked[0].lower()


async def test_a_clock_is_watched(device: OnvifDevice) -> None:
    device.ahead_s = 90.0
    heard: asyncio.Queue[float] = asyncio.Queue()
    place = CameraPlace("127.0.0.1", allow=LOOPBACK)
    watch = watch_clock(place, device.http_port, heard.put_nowait, every_seconds=0.01, spread_seconds=0)
    task = asyncio.create_task(watch)
    async with asyncio.timeout(60):
        told = [await heard.get() for _ in range(2)]
        device.body = b""
        asked = len(device.asked)
        await until(lambda: len(device.asked) >= asked + 3, "it is asked on, though it does not tell")
        device.body = None
        told.append(await heard.get())
    task.cancel()
    await asyncio.wait([task])
    assert told == [pytest.approx(90, abs=5)] * 3


@pytest.mark.parametrize("body", [b"", b"<html>", LAUGHS, b"<a>" * 70_000, clock_answer(0)[:-3]])
async def test_no_clock_in_it(device: OnvifDevice, body: bytes) -> None:
    device.body = body
    assert await offset_of(device) is None
    assert device.asked


@pytest.mark.parametrize(
    "head", ["HTTP/1.1 401 Unauthorized", "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/"]
)
async def test_other_answers(device: OnvifDevice, head: str) -> None:
    device.head = head
    assert await offset_of(device) is None
    assert len(device.asked) == 1


async def test_a_camera_that_does_not_answer(device: OnvifDevice) -> None:
    device.is_mute = True
    assert await offset_of(device, seconds=0.2) is None


async def test_only_allowed_addresses_are_asked(device: OnvifDevice) -> None:
    for host in ("::ffff:10.0.0.1", "169.254.169.254", "0.0.0.0"):
        assert await offset_of(device, host=host) is None
    assert device.asked == []


@given(st.binary(max_size=500))
def test_any_bytes_are_markup_or_not(raw: bytes) -> None:
    with suppress(UnreadableMarkup):
        read_markup(raw)
    assert read_answer(raw, "urn:uuid:1", "10.0.0.1") == ()
    assert read_time(raw) is None


@pytest.mark.parametrize(
    "raw",
    [b"<a>" * (MAX_DEPTH + 1), b"<a>" + b"<b/>" * MAX_ELEMENTS + b"</a>", b"<a>" + b"x" * 70_000 + b"</a>"],
)
def test_markup_is_bounded(raw: bytes) -> None:
    with pytest.raises(UnreadableMarkup):
        read_markup(raw)


@pytest.mark.parametrize(
    ("was", "instead"), [("<tt:Year>1970", "<tt:Year>x970"), ("UTCDateTime", "LocalDateTime")]
)
def test_times_that_are_none(was: str, instead: str) -> None:
    raw = clock_answer(0)
    assert read_time(raw) == 0
    assert read_time(raw.replace(was.encode(), instead.encode())) is None


def test_a_network_that_cannot_be_asked() -> None:
    """By the command itself, through the adapter that is installed."""
    with pytest.raises(OperatorError, match="--interface"):
        camera.discover(0.5, "not an address")
