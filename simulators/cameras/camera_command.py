"""``epihub simulate camera``: from its command line to a run, or to a comparison."""

import argparse
import asyncio
import os
import random
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from simulators.cameras.camera_comparison import compared, read_facts, tellings_of
from simulators.cameras.camera_plan import SCENES, CameraPlan, cameras
from simulators.cameras.camera_run import CameraRun
from simulators.cameras.camera_settings import cameras_toml
from simulators.cameras.camera_truth import CameraTruth
from simulators.cameras.clip_plans import ClipPlan
from simulators.cameras.clip_store import ClipStore
from simulators.cameras.fault_episodes import Episode, PlanError, mixture, read_plan
from simulators.cameras.login_check import CameraLogin, Scheme
from simulators.cameras.rtsp_server import RtspServer
from simulators.hub_log import CannotCompare, events
from simulators.setup_error import SetupError
from simulators.timed_run import run_for
from simulators.truth import TruthFile

Notice = Callable[[str], None]
SCHEMES: dict[str, tuple[Scheme, ...]] = {
    "basic": ("Basic",), "digest": ("MD5",), "sha-256": ("SHA-256", "MD5"),
}  # fmt: skip
LONGEST_SECONDS = 86_400.0  # of a mixture whose end nobody told


def run_cameras(options: argparse.Namespace, notice: Notice) -> int:
    """The exit status; raises SetupError and OSError."""
    if options.compare:
        return _compare(options, notice)
    plans = _plans(options)
    if options.devices:
        notice(cameras_toml(plans, options.port, options.check_seconds, options.password_env))
        return 0
    if not footage_can_be_made():
        raise SetupError("footage is made with the extra camera: pip install 'epihub[camera]'")
    with TruthFile(options.truth) as file, tempfile.TemporaryDirectory(prefix="epihub-footage-") as spare:
        asyncio.run(_simulate(options, plans, file, options.footage or Path(spare), notice))
    return 0


def footage_can_be_made() -> bool:
    """Whether the extra ``camera`` is there."""
    return all(find_spec(name) is not None for name in ("av", "cv2", "numpy"))


def _compare(options: argparse.Namespace, notice: Notice) -> int:
    if options.truth is None:
        raise SetupError("--compare needs --truth FILE")
    try:
        facts = read_facts(options.truth)
        log = events(options.compare.rstrip("/"), _secret(options.key_env))
        result = compared(facts, tellings_of(log, facts))
    except CannotCompare as error:
        raise SetupError(str(error)) from error
    for line in result.lines():
        notice(line)
    return 1 if result.wrong else 0


def _plans(options: argparse.Namespace) -> tuple[CameraPlan, ...]:
    """Raises SetupError."""
    if bool(options.user) != bool(options.password_env):
        raise SetupError("--user and --password-env go together")
    login = None
    if options.user:
        secret = "" if options.devices else _secret(options.password_env)
        login = CameraLogin(options.user, secret, SCHEMES[options.login], quality=options.login != "digest")
    clip = ClipPlan(
        width=options.size[0],
        height=options.size[1],
        frames_a_second=options.rate,
        keyframe_seconds=options.keyframe_seconds,
        codec=options.codec,
    )
    first = options.port if options.apart else 0
    films = [str(film.resolve(strict=True)) for film in options.film]
    scenes = len(films) or SCENES
    return cameras(options.cameras, options.sites, clip, login, first_port=first, scenes=scenes, films=films)


async def _simulate(
    options: argparse.Namespace,
    plans: tuple[CameraPlan, ...],
    file: TruthFile,
    footage: Path,
    notice: Notice,
) -> None:
    run = CameraRun(
        RtspServer(
            options.host,
            0 if options.apart else options.port,
            [plan.camera for plan in plans],
            clips=ClipStore(footage),
            seed=options.seed or 1,
        ),
        plans,
        _episodes(options, plans),
        CameraTruth(file),
        options.check_seconds,
    )
    try:
        await run_for(run, options.seconds, notice, while_stdin_open=options.while_stdin_open)
    finally:
        file.write(run.summary())
        notice(run.progress())


def _episodes(options: argparse.Namespace, plans: tuple[CameraPlan, ...]) -> list[Episode]:
    """Raises SetupError and OSError."""
    if not options.faults:
        return []
    if options.faults == "mixture":
        seed = random.SystemRandom().randrange(2**31) if options.seed is None else options.seed
        seconds = options.seconds or LONGEST_SECONDS
        return mixture(plans, seconds, seed, options.check_seconds, options.quiet_seconds)
    try:
        return read_plan(Path(options.faults), [plan.id for plan in plans])
    except PlanError as error:
        raise SetupError(str(error)) from error


def _secret(variable: str | None) -> str:
    if variable and variable not in os.environ:
        raise SetupError(f"set the environment variable {variable}")
    return os.environ[variable] if variable else ""
