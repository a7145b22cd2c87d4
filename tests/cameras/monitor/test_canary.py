"""User and password of cameras stand nowhere, whatever these do: log, events, answers, disk, processes."""

import json
import logging
from collections.abc import Iterator
from io import StringIO
from itertools import cycle
from pathlib import Path

import psutil
import pytest

from adapters.cameras.camera_config import RtspConfig
from adapters.cameras.rtsp_camera import RtspCamera
from hub.contract import Secret
from hub.edge.edge import Edge, EdgeSettings
from hub.mqtt.connection import BrokerAddress
from simulators.cameras.camera_faults import ANSWERING, ONCE, PLAYING
from simulators.cameras.login_check import CameraLogin, Scheme
from simulators.cameras.rtsp_server import RtspServer
from tests.api.clients import client_of, serving
from tests.api.standing_edge import EDGE, SITE, StandingEdge, standing
from tests.background import background
from tests.cameras.monitor.watching import camera, config
from tests.canary.traces import Traces
from tests.fire.patience import until, until_told
from tests.spool.parts import every_row

pytestmark = pytest.mark.slow
USER, PASSWORD, IN_THE_ADDRESS = "quan-tri-9931", "Chim Yến/8842?x=&%", "kenh-mat-5517"
SCHEMES: tuple[Scheme, ...] = ("Basic", "MD5", "SHA-256")
FAULTS = sorted(ANSWERING | PLAYING | ONCE)
# Those that take longer to be seen than a test may take, or that are no reason to be away.
SEEN = {
    "refused", "mute", "unauthorized", "status", "redirect_refused", "bad_reply", "too_large", "no_bandwidth",
    "unsupported_codec", "no_packets", "stall", "closed", "reset",
}  # fmt: skip


class Said(logging.Handler):
    """Everything that is logged, down to the last word of debug and every extra."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text = StringIO()

    def emit(self, record: logging.LogRecord) -> None:
        self.text.write(f"{record.getMessage()} {record.__dict__!r}\n")


@pytest.fixture
def said() -> Iterator[Said]:
    handler, root = Said(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.setLevel(level)
    root.removeHandler(handler)


def configs(server: RtspServer) -> Iterator[RtspConfig]:
    """A camera for each fault; one takes its login in the address, one is asked with a wrong password."""
    login = {"username": USER, "password": Secret(PASSWORD, "env CAM")}
    for name in FAULTS:
        yield config(server.url(name), name.replace("_", "-"), site=SITE, **login)
    yield config(server.url("by_libav"), "by-libav", site=SITE, player="libav", **login)
    in_it = Secret(f"{server.url('status')}/user={USER}&password={IN_THE_ADDRESS}", "env URL")
    yield config(None, "in-the-address", site=SITE, secret_url=in_it)
    other = Secret(f"{PASSWORD}!", "env CAM")
    yield config(server.url("stall"), "another-password", site=SITE, username=USER, password=other)


def simulated() -> RtspServer:
    cameras = [
        camera(name, login=CameraLogin(USER, PASSWORD, (scheme,)), apart=name in ("refused", "black_hole"))
        for name, scheme in zip((*FAULTS, "by_libav"), cycle(SCHEMES), strict=False)
    ]
    return RtspServer(cameras=cameras)


async def reasons(edge: Edge) -> set[str]:
    """Why cameras were away, as the edge has told it."""
    told = [json.loads(row.body) for row in await every_row(edge.spool)]
    return {
        each["data"]["reason"]
        for each in told
        if each["type"] == "camera.health.v1" and each["data"]["state"] == "OFFLINE"
    }


async def answers(there: StandingEdge) -> str:
    """What the API of the edge says of its cameras."""
    paths = ("/api/v1/devices", "/api/v1/metrics", "/api/v1/readyz", f"/api/v1/edges/{EDGE}/quarantine")
    async with serving(there.settings()) as app, client_of(app) as client:
        return " ".join([f"{path} {(await client.get(path)).text}" for path in paths])


def processes() -> str:
    """Ours and those we started, as anybody on this machine sees them."""
    own = psutil.Process()
    return " ".join(" ".join(each.cmdline()) for each in (own, *own.children(recursive=True)))


async def test_no_login_is_anywhere(tmp_path: Path, said: Said) -> None:
    """Not of cameras that answer, refuse, fall silent, send nonsense or hang up."""
    async with simulated() as server:
        for name in ANSWERING:
            server.fault(name, name)
        devices = tuple(configs(server))
        spool, nowhere = tmp_path / "spool" / "spool.db", BrokerAddress("127.0.0.1", 9)
        made = EdgeSettings(EDGE, SITE, "1", spool, tmp_path / "keys", nowhere)
        edge = Edge(made, devices, lambda _: RtspCamera)
        async with standing(edge, tmp_path) as socket:
            members = [each for each in edge.adapters.values() if isinstance(each, RtspCamera)]
            async with background(RtspCamera.run_shared(members)):
                playing = ["by-libav", *(name.replace("_", "-") for name in PLAYING | ONCE)]
                await until(
                    lambda: all(edge.book.devices[name].state == "ONLINE" for name in playing), "they play"
                )
                for name in PLAYING | ONCE:
                    server.fault(name, name)

                async def are_seen() -> bool:
                    return await reasons(edge) >= SEEN

                await until_told(are_seen, "each fault is told with its reason")
                works = [f"keyframes.{each}" for each in ("worker", "demuxer")]
                await until(
                    lambda: all(each in processes() for each in works), "a worker judges, libav plays"
                )
                shown, told = processes(), await answers(StandingEdge(edge, tmp_path, socket))
    texts = {"log": said.text.getvalue(), "answers": told, "processes": shown, "settings": repr(devices)}
    texts["settings"] += "".join(each.model_dump_json() for each in devices)
    traces = Traces((USER, PASSWORD, IN_THE_ADDRESS))
    assert [name for name, text in texts.items() if traces.find(text.encode())] == []
    disk = written(tmp_path)
    assert b"camera.health.v1" in disk
    assert traces.find(disk) == []


def written(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
