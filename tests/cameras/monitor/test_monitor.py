"""Cameras under the monitor: real sockets to simulated cameras, real decoding in a worker process."""

from dataclasses import replace
from typing import Any

import pytest

from adapters.cameras.camera_picture import CameraPicture
from adapters.cameras.keyframes.workers import KeyframeWorkers
from adapters.cameras.rtsp.facts import KeyFrame
from hub.streams import now_ms
from simulators.cameras.rtsp_server import RtspServer
from tests.cameras.monitor.watching import (
    CLIP,
    LOGIN,
    camera,
    config,
    one_watched,
    watching,
    with_login,
)
from tests.conformance.memory_outlet import MemoryOutlet
from tests.fire.patience import until

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _a_machine_may_be_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.cameras.camera_commands.CHECK_SECONDS", 30.0)


async def test_cameras_are_online_their_pictures_are_judged_and_kept_where_that_is_wanted() -> None:
    names = ("cam-1", "cam-2")
    async with RtspServer(cameras=[camera(name, login=LOGIN) for name in names]) as server:
        shown = config(server.url("cam-1"), "cam-1", **with_login())
        blind = config(server.url("cam-2"), "cam-2", snapshot=False, **with_login())
        async with watching([shown, blind]) as watched:
            outlet, other = watched.outlets["cam-1"], watched.outlets["cam-2"]
            await until(lambda: bool(outlet.snapshots), "a picture is kept")
            (latest, *_) = outlet.snapshots
            assert (latest.device, latest.kind, latest.width, latest.height) == ("cam-1", "latest", 320, 180)
            assert latest.jpeg.startswith(b"\xff\xd8\xff")
            assert await watched.ask("check_now") == ("done", "judged")
            assert await watched.ask("check_now", "cam-2") == ("done", "judged")
            assert not other.snapshots

            standing = watched.monitor.fleet.standing("cam-1").payload(0)
            assert set(standing.picture) >= {"black", "covered", "frozen"}
            assert standing.check_seconds == 10
            assert outlet.states[-1] == ("ONLINE", "watching")

            assert await watched.ask("accept_reference") == ("done", "")
            assert [each.kind for each in outlet.snapshots].count("reference") == 1
            assert await watched.ask("no_such_thing") == ("refused", "command.unknown")
            assert await watched.ask("check_now") == ("done", "judged")
        assert outlet.files["baseline"], "what was learnt is kept at the end"
        assert other.files["baseline"]


async def test_what_was_learnt_before_is_known_at_the_start() -> None:
    outlet = MemoryOutlet(device="cam-1", files={"baseline": b"learnt before"})
    picture = CameraPicture(config("rtsp://127.0.0.1/live"), outlet)
    await picture.remember(0.0)
    frame = KeyFrame("h264", b"\0\0\1\x65", 0, 0.0, b"")
    assert picture.look_at(frame).memory == b"learnt before"
    assert not picture.accept(), "nothing was seen yet"
    await picture.keep(1e9, now=True)
    assert outlet.files == {"baseline": b"learnt before"}


async def test_keyframes_that_cannot_be_decoded_are_a_fault_until_three_in_a_row_can() -> None:
    damaged = KeyFrame("h264", b"\0\0\0\1\x65" + bytes(100), 0, now_ms() / 1000, b"")
    workers = KeyframeWorkers(1)
    try:
        async with one_watched(check_seconds=3600) as (_, watched):
            await watched.until_stands("ONLINE", "watching")
            for _ in range(2):
                assert await watched.monitor.cameras["cam-1"].judge(damaged, workers) is None
            await watched.until_stands("DEGRADED", "unreadable")
            assert watched.healths()[-1].faults == ("unreadable",)
            for _ in range(3):
                assert await watched.ask("check_now") == ("done", "judged")
            await watched.until_stands("ONLINE", "watching")
            assert "unreadable" not in watched.healths()[-1].faults
    finally:
        await workers.close()


# What each camera does, and how that is told; those that refuse have a port of their own.
FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("refused", {}, "refused"),
    ("mute", {}, "mute"),
    ("wrong_login", {}, "unauthorized"),
    ("status", {"code": 404}, "not_found"),
    ("status", {"code": 403}, "forbidden"),
    ("status", {"code": 503}, "status"),
    ("session_limit", {"sessions": 0}, "no_bandwidth"),
    ("bad_reply", {}, "bad_reply"),
    ("unsupported_codec", {}, "unsupported_codec"),
    ("no_packets", {}, "no_packets"),
    ("stall", {}, "stall"),
    ("drop", {}, "closed"),
    ("reset", {}, "reset"),
]


async def test_every_fault_has_its_reason() -> None:
    names = [f"cam-{number:02d}" for number in range(len(FAULTS))]
    simulated = [
        camera(name, login=LOGIN, apart=fault == "refused")
        for name, (fault, _, _) in zip(names, FAULTS, strict=True)
    ]
    async with RtspServer(cameras=simulated) as server:
        configs = [config(server.url(name), name, **with_login()) for name in names]
        async with watching(configs) as watched:
            for name in names:
                await watched.until_stands("ONLINE", "watching", name)
            for name, (fault, how, _) in zip(names, FAULTS, strict=True):
                server.fault(name, fault, **how)
            for name, (_, _, reason) in zip(names, FAULTS, strict=True):
                await watched.until_told("OFFLINE", reason, name)


async def test_a_wrong_password_is_told_and_no_account_is_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even by an edge that restarts; a person, or another configuration, is let in again."""
    monkeypatch.setattr("adapters.cameras.reconnects.LOGIN_S", 0.0)
    simulated = camera("cam-1", login=LOGIN)
    async with RtspServer(cameras=[simulated]) as server:
        url, outlets = server.url("cam-1"), {"cam-1": MemoryOutlet(device="cam-1")}
        wrong = config(url, **with_login(password="sai"))
        async with watching([wrong], outlets) as watched:
            await watched.until_stands("OFFLINE", "locked_out")
        reasons = [each.reason for each in watched.healths() if each.state == "OFFLINE"]
        assert reasons == ["unauthorized", "locked_out"]
        tried = server.counters("cam-1").connections
        assert tried == 3

        async with watching([wrong], outlets) as watched:
            await until(lambda: len(watched.healths()) > len(reasons), "it stands again")
            await watched.until_stands("OFFLINE", "locked_out")
            assert await watched.ask("check_now") == ("refused", "locked_out")
            assert server.counters("cam-1").connections == tried
            assert await watched.ask("retry_login") == ("done", "")
            await until(lambda: server.counters("cam-1").connections == tried + 3, "it was asked anew")
            await watched.until_stands("OFFLINE", "locked_out")

        async with watching([config(url, **with_login())], outlets) as watched:
            await watched.until_stands("ONLINE", "watching")


async def test_mjpeg_through_tcp_is_watched_where_libav_may() -> None:
    """Told as what it is until then."""
    old = camera("cam-1", clip=replace(CLIP, codec="mjpeg"), login=LOGIN)
    async with one_watched(old, **with_login()) as (_, watched):
        await watched.until_stands("OFFLINE", "unsupported_codec")
    async with one_watched(old, player="libav", **with_login()) as (_, watched):
        await watched.until_stands("ONLINE", "watching")
        await until(lambda: bool(watched.outlets["cam-1"].snapshots), "a picture is kept")
        standing = watched.monitor.fleet.standing("cam-1").payload(now_ms())
        assert standing.codec == "mjpeg"
        assert set(standing.picture) >= {"black", "covered", "frozen"}


async def test_a_line_that_ends_is_connected_to_again() -> None:
    async with one_watched() as (server, watched):
        await watched.until_stands("ONLINE")
        server.fault("cam-1", "drop")
        await watched.until_told("OFFLINE", "closed")
        await watched.until_stands("ONLINE")
        assert watched.healths()[-1].reconnects == 1
        assert server.counters("cam-1").connections == 2


async def test_on_duty_it_is_connected_to_for_one_picture() -> None:
    async with one_watched(mode="duty", duty_seconds=5) as (server, watched):
        await watched.until_stands("ONLINE", "watching")
        outlet = watched.outlets["cam-1"]
        await until(lambda: bool(outlet.snapshots), "a picture is kept")
        await until(lambda: not server.connections, "it is left alone")
        assert await watched.ask("check_now") == ("done", "judged")
        assert len(outlet.snapshots) >= 2
        assert "OFFLINE" not in [each.state for each in watched.healths()]


async def test_options_asks_and_looks_at_nothing() -> None:
    async with one_watched(mode="options") as (server, watched):
        await watched.until_stands("ONLINE", "watching")
        await until(lambda: not server.connections, "it is left alone")
        counters = server.counters("cam-1")
        assert (counters.requests["DESCRIBE"], counters.requests["PLAY"], counters.packets) == (1, 0, 0)
        assert await watched.ask("check_now") == ("refused", "no_picture")
        assert not watched.outlets["cam-1"].snapshots


async def test_cameras_of_one_switch_that_are_lost_together_are_one_outage() -> None:
    names = [f"cam-{number}" for number in range(6)]
    async with RtspServer(cameras=[camera(name) for name in names]) as server:
        configs = [config(server.url(name), name, switch="switch-a", offline_seconds=1) for name in names]
        async with watching(configs) as watched:
            for name in names:
                await watched.until_stands("ONLINE", "watching", name)
            server.shut()
            for name in names:
                states = watched.outlets[name].states
                await until(lambda: ("OFFLINE", "switch_offline") in states, f"{name} is away with it")  # noqa: B023
            server.reopen()
            await server.opened()
            for name in names:
                await watched.until_stands("ONLINE", "watching", name)
            spoken = [("ONLINE", "switch_online") in watched.outlets[name].states for name in names]
            assert any(spoken)


async def test_what_the_disk_refuses_is_told_later() -> None:
    async with one_watched() as (server, watched):
        await watched.until_stands("ONLINE")
        outlet = watched.outlets["cam-1"]
        outlet.refuse = True
        server.fault("cam-1", "drop")
        await until(lambda: server.counters("cam-1").connections == 2, "it is connected to again")
        standing = watched.monitor.cameras["cam-1"].standing
        await until(lambda: standing.payload(now_ms()).state == "ONLINE", "it plays again")
        outlet.refuse = False
        server.fault("cam-1", "drop")
        await until(lambda: [each.reason for each in watched.healths()].count("closed") == 2, "both are told")
