"""Cameras that only send by UDP, or MJPEG: played by libav, in a process of its own, over our line."""

import asyncio
import socket
from dataclasses import dataclass, field, replace
from hashlib import md5
from ipaddress import ip_network
from pathlib import Path

import psutil
import pytest

from adapters.cameras.camera_session import opened_session
from adapters.cameras.keyframes.fallback import FallbackSession
from adapters.cameras.keyframes.workers import KeyframeWorkers
from adapters.cameras.reasons import Phase
from adapters.cameras.rtsp.facts import Ended, KeyFrame, Patience
from adapters.cameras.rtsp.login import Login
from adapters.cameras.rtsp.places import CameraPlace
from adapters.cameras.rtsp.session import CameraSession
from simulators.cameras.clip_plans import Codec
from simulators.cameras.rtsp_server import RtspServer
from tests.cameras.keyframes.encoded import look_at
from tests.cameras.keyframes.udp_camera import HEIGHT, WIDTH, Answer, Streamed, UdpCamera, udp_camera
from tests.cameras.monitor.watching import CLIP, LOGIN, camera, config, with_login
from tests.cameras.rtsp.decoding import decoded_size
from tests.fire.patience import until

pytestmark = pytest.mark.slow
LOOPBACK = (ip_network("127.0.0.0/8"),)
PATIENT = Patience(30, 30, 30, 30, 60)  # a busy machine is no failure
WHOLE: list[Phase] = [
    *("connect", "options", "describe", "setup", "play"),
    *("first_packet", "first_keyframe", "streaming"),
]


@dataclass
class Watching:
    phases: list[Phase] = field(default_factory=list)
    frames: list[KeyFrame] = field(default_factory=list)

    def reached(self, phase: Phase, at_s: float) -> None:
        self.phases.append(phase)

    def keyframe(self, frame: KeyFrame) -> None:
        self.frames.append(frame)


def session_with(
    camera: UdpCamera, watch: Watching, login: Login | None = None, patience: Patience = PATIENT
) -> FallbackSession:
    place = CameraPlace("127.0.0.1", camera.port, "/live?channel=1", allow=LOOPBACK)
    return FallbackSession(place, login, watch, patience)


def processes() -> set[int]:
    return {each.pid for each in psutil.Process().children() if each.status() != "zombie"}


@pytest.mark.parametrize("streamed", ["h264", "mjpeg"])
async def test_a_stream_by_udp_is_played_and_its_keyframe_judged(streamed: Streamed) -> None:
    watch, before = Watching(), processes()
    async with udp_camera(streamed) as camera:
        session = session_with(camera, watch)
        session.want_keyframe()
        ended = await session.run("keyframe")
    assert (ended.phase, ended.reason) == ("streaming", "watching")
    assert watch.phases == WHOLE
    assert (session.figures.codec, session.figures.width, session.figures.height) == (streamed, WIDTH, HEIGHT)
    assert processes() == before
    (frame,) = watch.frames
    workers = KeyframeWorkers(deadline_seconds=60, start_seconds=60)
    try:
        seen = await workers.look(look_at(frame.data, frame.codec))  # type: ignore[arg-type]
    finally:
        await workers.close()
    assert (seen.width, seen.height) == (WIDTH, HEIGHT)


@pytest.mark.parametrize("codec", ["mjpeg", "h264"])
async def test_a_stream_through_tcp_is_played_with_nonsense_between_its_pictures(codec: Codec) -> None:
    """A login, and what is no frame: both stay on our side of the relay or are answered there."""
    watch, before = Watching(), processes()
    simulated = camera("cam-1", clip=replace(CLIP, codec=codec), login=LOGIN)
    async with RtspServer(cameras=[simulated]) as server:
        server.fault("cam-1", "garbage", share=0.5)
        told = config(server.url("cam-1"), player="libav", **with_login())
        session = FallbackSession(told.place, told.login, watch, PATIENT, transport=told.transport)
        running = asyncio.create_task(session.run())
        await until(lambda: session.figures.frames >= 10, "ten pictures came")
        session.want_keyframe()
        await until(lambda: bool(watch.frames), "a keyframe came")
        server.fault("cam-1", "drop")
        ended = await running
    assert (ended.phase, ended.reason, ended.detail) == ("streaming", "closed", "")
    assert watch.phases == WHOLE
    assert session.figures.codec == codec
    assert processes() == before
    assert decoded_size(watch.frames[0])[0] == CLIP.width


async def test_a_slow_camera_is_waited_for_by_libav_too() -> None:
    """Half a second between frames would be a stall by this patience."""
    hasty = Patience(30, 30, 30, 0.1, 60)
    slow = replace(CLIP, codec="mjpeg", frames_a_second=2)
    async with RtspServer(cameras=[camera("cam-1", clip=slow, described_rate=0.05)]) as server:
        told = config(server.url("cam-1"), player="libav")
        session = FallbackSession(told.place, None, Watching(), hasty, transport=told.transport)
        running = asyncio.create_task(session.run())
        await until(lambda: session.figures.frames >= 4 or running.done(), "four frames came")
        assert not running.done()
        running.cancel()
        await asyncio.wait([running])


async def test_a_stream_through_tcp_that_is_cut_off() -> None:
    watch = Watching()
    async with RtspServer(cameras=[camera("cam-1", clip=replace(CLIP, codec="mjpeg"))]) as server:
        told = config(server.url("cam-1"), player="libav")
        running = asyncio.create_task(
            FallbackSession(told.place, None, watch, PATIENT, transport=told.transport).run()
        )
        await until(lambda: "streaming" in watch.phases, "it streams")
        server.fault("cam-1", "reset")
        ended = await running
    assert (ended.phase, ended.reason, ended.detail) == ("streaming", "reset", "")


def refusing(line: str, at: str = "DESCRIBE") -> Answer:
    """It answers one method with ``line``."""

    def answer(method: str, request: str) -> str | None:
        return f"{line}\r\n\r\n" if method == at else None

    return answer


@pytest.mark.parametrize(
    ("line", "at", "phase", "reason"),
    [
        ("RTSP/1.0 404 Not Found", "DESCRIBE", "describe", "not_found"),
        ("RTSP/1.0 453 Not Enough Bandwidth", "SETUP", "setup", "no_bandwidth"),
        ("RTSP/1.0 461 Unsupported Transport", "SETUP", "setup", "unsupported_transport"),
        ("RTSP/1.0 500 Internal Server Error", "PLAY", "play", "status"),
        (
            'RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"',
            *("DESCRIBE", "describe", "unauthorized"),
        ),
    ],
)
async def test_what_a_camera_refuses_has_its_reason(line: str, at: str, phase: Phase, reason: str) -> None:
    watch = Watching()
    async with udp_camera(answer=refusing(line, at)) as camera:
        ended = await session_with(camera, watch, Login("ward", "wrong")).run()
    assert (ended.phase, ended.reason) == (phase, reason)
    assert watch.phases == WHOLE[: WHOLE.index(phase)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("RTSP/1.0 302 Found", "redirect_refused"),
        ("RTSP/1.0 +305", "bad_reply"),
        ("$\0\0\4abcdRTSP/1.0 302 Found", "redirect_refused"),  # behind a frame, which libav skips
    ],
)
async def test_a_redirect_leads_nowhere(line: str, reason: str) -> None:
    elsewhere = socket.create_server(("127.0.0.1", 0))
    elsewhere.setblocking(False)
    location = f"Location: rtsp://127.0.0.1:{elsewhere.getsockname()[1]}/admin"
    async with udp_camera(answer=refusing(f"{line}\r\n{location}")) as camera:
        ended = await session_with(camera, Watching()).run()
    assert (ended.phase, ended.reason) == ("describe", reason)
    with elsewhere, pytest.raises(BlockingIOError):
        elsewhere.accept()


async def test_a_camera_cannot_make_us_send_to_somebody_else() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as victim:
        victim.bind(("127.0.0.2", 0))
        victim.setblocking(False)
        told = f"Transport: RTP/AVP;unicast;source=127.0.0.2;server_port={victim.getsockname()[1]}-9"
        line = f"RTSP/1.0 200 OK\r\nSession: 7\r\n{told}"
        async with udp_camera(answer=refusing(line, "SETUP")) as camera:
            ended = await session_with(camera, Watching()).run()
        assert ended.reason == "redirect_refused"
        with pytest.raises(BlockingIOError):
            victim.recv(1)


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"transport": "udp"}, FallbackSession),
        ({"transport": "udp", "player": "own"}, FallbackSession),
        ({"player": "libav"}, FallbackSession),
        ({"player": "libav", "mode": "duty"}, FallbackSession),
        ({"player": "libav", "mode": "options"}, CameraSession),
        ({"transport": "udp", "mode": "options"}, CameraSession),
        ({}, CameraSession),
    ],
)
def test_who_plays_a_camera(settings: dict[str, str], kind: type) -> None:
    told = config("rtsp://127.0.0.1/live", **settings)
    assert type(opened_session(told, Watching())) is kind


async def test_an_address_that_is_not_allowed_is_not_dialled() -> None:
    async with udp_camera() as camera:
        place = CameraPlace("127.0.0.1", camera.port, allow=(ip_network("10.0.0.0/8"),))
        ended = await FallbackSession(place, None, Watching(), PATIENT).run()
    assert (ended.phase, ended.reason, camera.asked) == ("connect", "not_allowed", [])


CANARY = "p@ss/wörd:canary"


async def test_a_login_goes_by_digest_and_is_nowhere_to_be_seen() -> None:
    challenge = 'WWW-Authenticate: Digest realm="cam", nonce="abc"'
    seen: list[str] = []

    def answer(method: str, request: str) -> str | None:
        if method != "OPTIONS" and "Authorization: Digest" not in request:
            return f"RTSP/1.0 401 Unauthorized\r\n{challenge}\r\n\r\n"
        seen.extend(visible())
        return None

    async with udp_camera(answer=answer) as camera:
        session = session_with(camera, Watching(), Login("ward", CANARY))
        ended = await session.run("keyframe")
    assert ended.reason == "watching"
    (play,) = [each for each in camera.asked if each.startswith("PLAY")]
    told = dict(part.split("=", 1) for part in play.split("Digest ")[1].split("\r\n")[0].split(", "))
    first = md5(f"ward:cam:{CANARY}".encode()).hexdigest()
    second = md5(f"PLAY:{told['uri'].strip(chr(34))}".encode()).hexdigest()
    assert told["response"].strip('"') == md5(f"{first}:abc:{second}".encode()).hexdigest()
    assert seen
    assert not any("canary" in text for text in [*seen, *camera.asked, repr(session), repr(ended)])


def visible() -> list[str]:
    """What everybody on this machine sees of the processes that run."""
    folders = [Path("/proc") / str(child.pid) for child in psutil.Process().children()]
    files = [folder / name for folder in folders for name in ("cmdline", "environ")]
    return [file.read_bytes().decode("utf-8", "replace") for file in files]


async def test_a_stream_that_falls_silent_stalls() -> None:
    watch = Watching()
    async with udp_camera() as camera:
        session = session_with(camera, watch)
        running = asyncio.create_task(session.run())
        await until(lambda: "streaming" in watch.phases, "it streams")
        session._patience, heard = Patience(30, 30, 30, 0.3, 60), session.figures.frames
        await until(lambda: session.figures.frames > heard or running.done(), "it waits no longer than that")
        camera.silent.set()
        ended = await running
    assert (ended.phase, ended.reason) == ("streaming", "stall")


async def test_a_camera_that_never_answers_is_mute() -> None:
    def nothing(method: str, request: str) -> str | None:
        return ""

    async with udp_camera(answer=nothing) as camera:
        session = session_with(camera, Watching(), patience=Patience(30, 0.2, 0.2, 30, 60))
        assert (await session.run()).reason == "mute"


async def test_whoever_ends_a_session_leaves_no_process() -> None:
    watch, before = Watching(), processes()
    async with udp_camera() as camera:
        running = asyncio.create_task(session_with(camera, watch).run())
        await until(lambda: "streaming" in watch.phases, "it streams")
        assert len(processes() - before) == 1
        running.cancel()
        await asyncio.wait([running])
    assert running.cancelled()
    assert processes() == before


async def test_a_process_that_dies_ends_its_session_and_nothing_else() -> None:
    watch, before = Watching(), processes()
    async with udp_camera() as camera:
        running = asyncio.create_task(session_with(camera, watch).run())
        await until(lambda: "streaming" in watch.phases, "it streams")
        (pid,) = processes() - before
        psutil.Process(pid).kill()
        ended: Ended = await running
    assert (ended.phase, ended.reason, ended.detail) == ("streaming", "closed", "crashed")
