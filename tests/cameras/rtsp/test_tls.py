"""rtsps: a camera's certificate is one that somebody signed whom we trust, or the one that is named."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

pytest.importorskip("av")

from adapters.cameras.rtsp.facts import Patience
from adapters.cameras.rtsp.session import CameraSession
from simulators.cameras.clip_plans import ClipPlan
from simulators.cameras.clip_store import ClipStore
from simulators.cameras.rtsp_server import RtspServer
from simulators.cameras.simulated_camera import SimulatedCamera
from tests.apart.certificates import write_certificate
from tests.cameras.rtsp.watching import UNHURRIED, Log, place

PLAN = ClipPlan(width=320, height=192, frames_a_second=25, keyframes=3, keyframe_seconds=0.2)
CLIPS = ClipStore()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[RtspServer, str]]:
    certificate, key = write_certificate(tmp_path, ["127.0.0.1"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    digest = sha256(ssl.PEM_cert_to_DER_cert(certificate.read_text())).hexdigest()
    async with RtspServer(cameras=[SimulatedCamera("c", PLAN)], clips=CLIPS, tls=context) as server:
        yield server, digest


async def test_the_certificate_that_is_named(served: tuple[RtspServer, str]) -> None:
    server, digest = served
    spelled = ":".join(digest[at : at + 2] for at in range(0, 64, 2)).upper()
    for named in (digest, spelled):
        camera = replace(place(server.url("c")), certificate=named)
        log = Log()
        ended = await CameraSession(camera, None, log, UNHURRIED).run("keyframe")
        assert (ended.phase, ended.reason) == ("streaming", "watching")
        assert len(log.frames) == 1


@pytest.mark.parametrize(("named", "detail"), [("", ""), ("00" * 32, "certificate")])
async def test_another_certificate(served: tuple[RtspServer, str], named: str, detail: str) -> None:
    server, _ = served
    camera = replace(place(server.url("c")), certificate=named)
    ended = await CameraSession(camera, None, Log(), UNHURRIED).run()
    assert (ended.phase, ended.reason, ended.detail) == ("connect", "tls", detail)
    assert server.counters("c").requests.total() == 0, "nothing was said to it"


async def test_one_that_speaks_no_tls() -> None:
    async with RtspServer(cameras=[SimulatedCamera("c", PLAN)], clips=CLIPS) as server:
        camera = place(server.url("c").replace("rtsp:", "rtsps:"))
        ended = await CameraSession(camera, None, Log(), Patience(connect_seconds=0.3)).run()
    assert (ended.phase, ended.reason) == ("connect", "connect_timeout"), "it waits for a request"
