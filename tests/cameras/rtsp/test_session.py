"""Sessions over real TCP with simulated cameras: each fault ends in its phase, with its reason."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

pytest.importorskip("av")

from adapters.cameras.reasons import PHASES, Phase, Reason
from adapters.cameras.rtsp.facts import Codec, Ended, Patience
from adapters.cameras.rtsp.login import Login
from simulators.cameras.clip_plans import ClipPlan
from simulators.cameras.clip_store import ClipStore
from simulators.cameras.login_check import CameraLogin, Scheme
from simulators.cameras.rtsp_server import RtspServer
from simulators.cameras.simulated_camera import SimulatedCamera
from tests.cameras.rtsp.watching import LONG, UNHURRIED, Log, place, session
from tests.fire.patience import until
from tests.ports import free_port

PLAN = ClipPlan(width=320, height=192, frames_a_second=25, keyframes=3, keyframe_seconds=0.2)
CLIPS = ClipStore()
LOGIN = Login("viewer", 'a secret: ü"\\')


@pytest.fixture
async def server() -> AsyncIterator[RtspServer]:
    cameras = [
        SimulatedCamera("plain", PLAN),
        SimulatedCamera("apart", PLAN, apart=True),
        SimulatedCamera("guarded", PLAN, login=CameraLogin(LOGIN.username, LOGIN.password)),
    ]
    async with RtspServer(cameras=cameras, clips=CLIPS) as server:
        yield server


async def kept(server: RtspServer) -> asyncio.Task[Ended]:
    """A session that streams."""
    log = Log()
    task = asyncio.create_task(session(server.url("plain"), log).run())
    await log.until("streaming")
    return task


def seen(ended: Ended) -> tuple[Phase, Reason, str]:
    return ended.phase, ended.reason, ended.detail


@pytest.mark.parametrize(
    ("fault", "how", "wanted"),
    [
        ("status", {"code": 404}, ("describe", "not_found", "404")),
        ("status", {"code": 403}, ("describe", "forbidden", "403")),
        ("status", {"code": 503}, ("describe", "status", "503")),
        ("status", {"code": 461, "method": "SETUP"}, ("setup", "unsupported_transport", "461")),
        ("session_limit", {}, ("setup", "no_bandwidth", "453")),
        ("expired_session", {}, ("play", "session_gone", "454")),
        ("unsupported_codec", {}, ("describe", "unsupported_codec", "mpeg4")),
        ("bad_reply", {}, ("options", "bad_reply", "")),
        ("endless_reply", {}, ("options", "too_large", "")),
        ("redirect", {"to": "rtsp://192.0.2.1/elsewhere"}, ("connect", "redirect_refused", "")),
        ("redirect", {"to": "http://127.0.0.1/"}, ("describe", "redirect_refused", "302")),
        ("redirect", {"to": "rtsp://a:b@127.0.0.1/"}, ("describe", "redirect_refused", "302")),
    ],
)
async def test_refusals(
    server: RtspServer, fault: str, how: dict[str, float | str], wanted: tuple[Phase, Reason, str]
) -> None:
    server.fault("plain", fault, **how)
    assert seen(await session(server.url("plain")).run()) == wanted


async def test_a_redirect_inside_is_followed(server: RtspServer) -> None:
    server.fault("plain", "redirect", to=server.url("apart"))
    log = Log()
    ended = await session(server.url("plain"), log).run("keyframe")
    assert seen(ended) == ("streaming", "watching", "")
    assert log.phases == list(PHASES), "each is told once"
    assert server.counters("apart").sessions == 1


async def test_redirects_without_end(server: RtspServer) -> None:
    server.fault("plain", "redirect", to=server.url("plain"))
    assert seen(await session(server.url("plain")).run()) == ("describe", "redirect_refused", "302")
    assert server.counters("plain").requests["DESCRIBE"] == 4


@pytest.mark.parametrize(
    ("fault", "wanted", "patience"),
    [
        ("mute", ("options", "mute", ""), Patience(LONG, 0.2, LONG, LONG, LONG)),
        ("no_packets", ("first_packet", "no_packets", ""), Patience(LONG, LONG, 0.2, LONG, LONG)),
        ("no_keyframe", ("first_keyframe", "no_keyframe", ""), Patience(LONG, LONG, LONG, LONG, 0.5)),
    ],
)
async def test_what_never_comes(
    server: RtspServer, fault: str, wanted: tuple[Phase, Reason, str], patience: Patience
) -> None:
    server.fault("plain", fault)
    assert seen(await session(server.url("plain"), patience=patience).run()) == wanted


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["stall", "half_frame"])
async def test_a_stall(server: RtspServer, fault: str) -> None:
    log = Log()
    watched = session(server.url("plain"), log, patience=Patience(LONG, LONG, LONG, 1.0, LONG))
    task = asyncio.create_task(watched.run())
    await log.until("first_packet")
    server.fault("plain", fault)
    ended = await task
    assert ended.reason == "stall"
    last_s = watched.figures.last_packet_s
    assert last_s is not None
    assert ended.at_s - last_s >= 0.99, "no sooner than it was to wait"


@pytest.mark.parametrize(("fault", "reason"), [("drop", "closed"), ("reset", "reset")])
async def test_a_connection_that_is_lost(server: RtspServer, fault: str, reason: Reason) -> None:
    task = await kept(server)
    server.fault("plain", fault)
    assert seen(await task) == ("streaming", reason, "")


async def test_nobody_listens(server: RtspServer) -> None:
    ended = await session(f"rtsp://127.0.0.1:{free_port()}/x").run()
    assert seen(ended) == ("connect", "refused", "ECONNREFUSED")


async def test_an_address_outside_is_not_connected_to(server: RtspServer) -> None:
    log = Log()
    outside = server.url("plain").replace("127.0.0.1", "[::1]")
    assert seen(await session(outside, log).run()) == ("connect", "not_allowed", "")
    assert not log.phases
    assert not server.connected


@pytest.mark.parametrize("schemes", [("MD5",), ("SHA-256", "MD5"), ("Basic", "MD5"), ("Basic",)])
@pytest.mark.parametrize("quality", [False, True])
async def test_logins(schemes: tuple[Scheme, ...], quality: bool) -> None:
    guard = CameraLogin(LOGIN.username, LOGIN.password, schemes, quality)
    async with RtspServer(cameras=[SimulatedCamera("guarded", PLAN, guard)], clips=CLIPS) as server:
        ended = await session(server.url("guarded"), login=LOGIN).run("keyframe")
        assert seen(ended) == ("streaming", "watching", "")
        assert server.counters("guarded").answers[401] == 1


@pytest.mark.parametrize("login", [None, Login("viewer", "wrong")])
async def test_a_wrong_password_is_tried_once(server: RtspServer, login: Login | None) -> None:
    ended = await session(server.url("guarded"), login=login).run()
    assert seen(ended) == ("describe", "unauthorized", "")
    assert server.counters("guarded").answers[401] == (2 if login else 1)


async def test_a_nonce_that_is_good_for_one_request(server: RtspServer) -> None:
    server.fault("guarded", "stale_nonce")
    assert seen(await session(server.url("guarded"), login=LOGIN).run("keyframe"))[1] == "watching"


@pytest.mark.parametrize("codec", ["h264", "h265"])
@pytest.mark.parametrize("sets", ["in_band", "described"])
async def test_keyframes_can_be_decoded(codec: Codec, sets: str) -> None:
    from tests.cameras.rtsp.decoding import decoded_size

    plan = ClipPlan(width=320, height=192, frames_a_second=25, keyframes=3, keyframe_seconds=0.2, codec=codec)
    camera = SimulatedCamera(
        "c", plan, sets="in_band" if sets == "in_band" else "described", aggregated=sets == "in_band"
    )
    async with RtspServer(cameras=[camera], clips=CLIPS) as server:
        log = Log()
        watched = session(server.url("c"), log)
        await watched.run("keyframe")
    assert decoded_size(log.frames[0]) == (320, 192)
    figures = watched.figures
    assert (figures.codec, figures.width, figures.height, figures.lost) == (codec, 320, 192, 0)


async def test_a_keyframe_whenever_one_is_wanted(server: RtspServer) -> None:
    log = Log()
    watched = session(server.url("plain"), log)
    task = asyncio.create_task(watched.run())
    await log.until("streaming")
    assert log.frames == []
    for count in (1, 2):
        watched.want_keyframe()
        await log.until_frames(count)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert log.frames[0].digest != log.frames[1].digest
    await until(lambda: server.counters("plain").requests["TEARDOWN"] == 1, "it took its leave")
    assert watched.figures.keyframe_interval_s is not None


async def test_garbage_and_loss_are_counted(server: RtspServer) -> None:
    log = Log()
    watched = session(server.url("plain"), log)
    task = asyncio.create_task(watched.run())
    await log.until("streaming")
    server.fault("plain", "garbage", share=0.5)
    server.fault("plain", "loss", share=0.3)
    await until(lambda: watched.figures.resyncs > 0 and watched.figures.lost > 0, "both were met", LONG)
    server.clear("plain")
    watched.want_keyframe()
    await log.until_frames(1)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_the_clock_of_the_camera(server: RtspServer) -> None:
    server.fault("plain", "clock", seconds=90)
    log = Log()
    watched = session(server.url("plain"), log)
    task = asyncio.create_task(watched.run())
    await until(lambda: watched.figures.clock_offset_s is not None, "it reported", LONG)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    told = watched.figures.clock_offset_s
    assert told is not None
    assert 85 < told <= 90.1, "its report may have waited for us"


@pytest.mark.slow
async def test_a_session_is_kept_alive_and_its_end_is_noticed() -> None:
    camera = SimulatedCamera("c", PLAN, session_seconds=10)
    async with RtspServer(cameras=[camera], clips=CLIPS) as server:
        server.fault("c", "expired_session", method="GET_PARAMETER")
        assert seen(await session(server.url("c")).run()) == ("streaming", "session_gone", "")
        assert server.counters("c").requests["GET_PARAMETER"] == 1
        assert server.counters("c").feedback > 0, "it was told how its packets come"


async def test_nobody_answers_at_all(server: RtspServer) -> None:
    server.fault("apart", "black_hole")
    ended = await session(server.url("apart"), patience=Patience(connect_seconds=0.3)).run()
    assert seen(ended) == ("connect", "connect_timeout", "")


async def test_a_name_is_resolved_once_and_the_checked_address_is_connected_to(
    server: RtspServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def look_up(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        """Another answer each time, as somebody who means ill gives."""
        asked.append(host)
        addresses = ["192.0.2.1", "127.0.0.1"] if len(asked) == 1 else ["192.0.2.1"]
        return [(0, 0, 0, "", (each, port)) for each in addresses]

    monkeypatch.setattr("adapters.cameras.rtsp.dialling.socket.getaddrinfo", look_up)
    named = server.url("plain").replace("127.0.0.1", "camera.example")
    assert seen(await session(named).run("described")) == ("describe", "watching", "")
    assert asked == ["camera.example"]
    assert seen(await session(named).run("described")) == ("connect", "not_allowed", "")


async def test_a_name_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr("adapters.cameras.rtsp.dialling.socket.getaddrinfo", look_up)
    assert seen(await session("rtsp://camera.example/x").run()) == ("connect", "unresolved", "")


@pytest.mark.parametrize("name", ["." + "x" * 300, "..", "x" * 70 + ".example"])
@pytest.mark.parametrize("scheme", ["rtsp", "rtsps"])
async def test_names_that_nothing_can_have(name: str, scheme: str) -> None:
    ended = await session(f"{scheme}://{name}/x").run()
    assert (ended.phase, ended.reason) == ("connect", "unresolved")


async def test_a_session_is_over_when_it_is_cancelled_while_connecting() -> None:
    place_ = place(f"rtsp://127.0.0.1:{free_port()}/x")
    task = asyncio.create_task(session(place_.url, patience=UNHURRIED).run())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
