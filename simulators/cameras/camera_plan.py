"""The simulated cameras: where they hang, what they show. The same numbers give the same cameras."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from simulators.cameras.clip_plans import ClipPlan
from simulators.cameras.login_check import CameraLogin
from simulators.cameras.simulated_camera import SimulatedCamera

SCENES = 12  # different places; more cameras than that share them, and with them footage and memory


@dataclass(frozen=True, slots=True)
class CameraPlan:
    """A camera at a site."""

    site: str
    camera: SimulatedCamera

    @property
    def id(self) -> str:
        return self.camera.id


def cameras(
    count: int,
    sites: int,
    clip: ClipPlan,
    login: CameraLogin | None = None,
    *,
    first_port: int = 0,
    scenes: int = SCENES,
    films: Sequence[str] = (),
) -> tuple[CameraPlan, ...]:
    """Sites by turns, and ``films`` (instead of drawn places, where there are any).

    ``first_port``: each on a port of its own from there on; 0: all behind one.
    """
    return tuple(
        CameraPlan(
            f"diem-{number % sites + 1:03d}",
            SimulatedCamera(
                f"camera-{number + 1:03d}",
                replace(clip, scene=number % scenes + 1, film=films[number % len(films)] if films else ""),
                login,
                apart=bool(first_port),
                port=first_port + number if first_port else 0,
            ),
        )
        for number in range(count)
    )


def footage_of(plans: Sequence[CameraPlan]) -> list[ClipPlan]:
    """What they show while all is well."""
    return list(dict.fromkeys(plan.camera.clip for plan in plans))
