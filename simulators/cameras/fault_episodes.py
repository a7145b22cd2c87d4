"""When which camera has which fault: from a seed, or from a plan that somebody wrote."""

import random
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulators.cameras.camera_faults import ANSWERING, ONCE, How, UnknownFault, settled
from simulators.cameras.camera_plan import CameraPlan
from simulators.cameras.clip_plans import PICTURE_FAULTS

# Of a mixture: one must be seen within its time, so what is judged by pictures lasts for some checks.
LINE = (*sorted(ANSWERING - {"refused", "black_hole"}), "stall", "half_frame", *sorted(ONCE))
PICTURE = PICTURE_FAULTS
STREAM = ("loss", "fps", "clock")
# Nothing is wrong with a camera that has these: a hub that says so is wrong.
HARMLESS = ("garbage", "night", "stale_nonce")
CHECKS = (8, 14)  # that a picture is wrong for
STREAM_SECONDS = (70.0, 90.0)
LINE_SECONDS = (40.0, 55.0)  # shorter than a wait after a 401: an account is not locked by one episode


@dataclass(frozen=True, slots=True)
class Episode:
    """``begins``: seconds after the start; ``lasts`` 0: happens once."""

    camera: str
    fault: str
    begins: float
    lasts: float
    how: How = field(default_factory=dict)


class PlanError(ValueError):
    """A plan of faults cannot be read; the text says where and why."""


def mixture(
    plans: Sequence[CameraPlan], seconds: float, seed: int, check_seconds: float, quiet_seconds: float
) -> list[Episode]:
    """Every camera has one fault after the other, all kinds by turns, each after ``quiet_seconds`` about.

    None is still there at the end. A camera first has twice that time to be known.
    """
    kinds = _kinds(random.Random(f"kinds {seed}"))
    found: list[Episode] = []
    for plan in plans:
        rng = random.Random(f"episodes {seed} {plan.id}")
        at = quiet_seconds * rng.uniform(2, 3)
        while True:
            episode = _episode(plan, next(kinds), at, rng, check_seconds)
            if episode.begins + episode.lasts + quiet_seconds > seconds:
                break
            found.append(episode)
            at += episode.lasts + quiet_seconds * rng.uniform(1, 2)
    return sorted(found, key=lambda episode: episode.begins)


def _kinds(rng: random.Random) -> Iterator[str]:
    """All by turns in an order that changes: a short run has many kinds, too."""
    while True:
        kinds = [*LINE, *PICTURE, *STREAM, *HARMLESS]
        rng.shuffle(kinds)
        yield from kinds


def _episode(plan: CameraPlan, kind: str, at: float, rng: random.Random, check_seconds: float) -> Episode:
    how: dict[str, float | str] = {}
    lasts = rng.uniform(*LINE_SECONDS)
    if kind in PICTURE:
        how["severity"] = rng.choice((4, 5))
        lasts = rng.uniform(*CHECKS) * check_seconds
    elif kind in STREAM:
        lasts = rng.uniform(*STREAM_SECONDS)
        how |= {"share": 0.15} if kind == "loss" else {}
    elif kind == "status":
        how["code"] = rng.choice((403, 404, 453, 461, 503))
    elif kind == "redirect":
        how["to"] = "rtsp://192.0.2.1/elsewhere"  # RFC 5737: nobody's
    elif kind in ONCE:
        lasts = 0.0
    return Episode(plan.id, kind, at, lasts, how)


def read_plan(path: Path, cameras: Sequence[str]) -> list[Episode]:
    """``[[fault]]`` tables of a TOML file; ``cameras``: who may stand in it. Raises PlanError and OSError."""
    try:
        told = tomllib.loads(path.read_text("utf-8"))
        found = [each for entry in told["fault"] for each in _entries(dict(entry), cameras)]
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise PlanError(f"{path}: {error}") from error
    return sorted(found, key=lambda episode: episode.begins)


def _entries(entry: dict[str, Any], cameras: Sequence[str]) -> Iterator[Episode]:
    """``camera = "*"``: all of them. ``times`` and ``every``: again."""
    camera, name = entry.pop("camera"), entry.pop("fault")
    after, lasts = float(entry.pop("after")), float(entry.pop("lasts", 0))
    times, every = int(entry.pop("times", 1)), float(entry.pop("every", 0))
    if camera != "*" and camera not in cameras:
        raise PlanError(f"there is no camera {camera!r}")
    if after < 0 or lasts < 0 or times < 1 or (times > 1 and every <= lasts):
        raise PlanError(f"{camera} {name}: after and lasts from 0 on, every longer than lasts")
    try:
        settled(name, entry)
    except UnknownFault as error:
        raise PlanError(f"{camera}: {error}") from error
    for each in cameras if camera == "*" else (camera,):
        yield from (Episode(each, name, after + every * again, lasts, entry) for again in range(times))
