"""The demo's cameras: three at a hospital, three at a clinic; to one of them things happen."""

from collections.abc import Iterator
from itertools import count, islice

from simulators.cameras.camera_plan import CameraPlan
from simulators.cameras.camera_settings import camera_toml
from simulators.cameras.clip_plans import ClipPlan
from simulators.cameras.fault_episodes import Episode
from simulators.cameras.login_check import CameraLogin
from simulators.cameras.simulated_camera import SimulatedCamera

USER = "epihub"
PASSWORD_ENV = "EPIHUB_CAMERA_PASSWORD"
CHECK_SECONDS = 10.0
_CAMERAS = (
    ("camera-thong-nhat-1", "bv-thong-nhat"),
    ("camera-thong-nhat-2", "bv-thong-nhat"),
    ("camera-thong-nhat-3", "bv-thong-nhat"),
    ("camera-long-thanh-1", "ttyt-long-thanh"),
    ("camera-long-thanh-2", "ttyt-long-thanh"),
    ("camera-long-thanh-3", "ttyt-long-thanh"),
)
# By turns: a line that goes silent, something before the lens, somebody who turns the camera away. A hub
# learns for four minutes what a camera shows, so pictures are wrong later.
_HAPPENS = ("stall", "covered", "moved")
_FIRST_SECONDS, _EVERY_SECONDS, _LASTS_SECONDS = 120.0, 300.0, 130.0
_EPISODES = 2_000  # a week


def demo_cameras(password: str) -> tuple[CameraPlan, ...]:
    """All behind one port, with one login."""
    login = CameraLogin(USER, password)
    return tuple(
        CameraPlan(site, SimulatedCamera(camera, ClipPlan(scene=number), login))
        for number, (camera, site) in enumerate(_CAMERAS, 1)
    )


def demo_cameras_toml(port: int) -> str:
    """Their ``[[device]]`` tables, for a hub on the machine where they listen on ``port``."""
    plans = demo_cameras("")
    # Each on an injector of its own: while they are started, they are no switch that is dead.
    return "\n".join(
        camera_toml(plan, port, CHECK_SECONDS, PASSWORD_ENV, f'switch = "poe-{plan.id}"') for plan in plans
    )


def demo_episodes() -> tuple[Episode, ...]:
    """What happens to the last of them; first after two minutes."""
    return tuple(islice(_episodes(_CAMERAS[-1][0]), _EPISODES))


def _episodes(camera: str) -> Iterator[Episode]:
    for turn in count():
        fault = _HAPPENS[turn % len(_HAPPENS)]
        yield Episode(camera, fault, _FIRST_SECONDS + turn * _EVERY_SECONDS, _LASTS_SECONDS)
