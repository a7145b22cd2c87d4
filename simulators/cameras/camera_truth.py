"""The lines of the truth: which cameras there are, and what was wrong with which of them when."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from simulators.cameras.camera_plan import CameraPlan
from simulators.cameras.fault_episodes import Episode
from simulators.truth import TruthFile


@dataclass
class CameraTruth:
    """``counts``: faults that began, by name. A fault stands in the file before a camera has it."""

    file: TruthFile
    counts: Counter[str] = field(default_factory=Counter)

    def camera(self, plan: CameraPlan, check_seconds: float) -> None:
        clip = plan.camera.clip
        self.file.write(
            {
                "kind": "camera", "device": plan.id, "site": plan.site, "codec": clip.codec,
                "width": clip.width, "height": clip.height, "frames_a_second": clip.frames_a_second,
                "check_seconds": check_seconds, "at": _now(),
            }
        )  # fmt: skip

    def begins(self, number: int, episode: Episode) -> None:
        self.counts[episode.fault] += 1
        told = {"device": episode.camera, "fault": episode.fault, "how": dict(episode.how)}
        self.file.write({"kind": "begins", "number": number, **told, "at": _now()})

    def ends(self, number: int) -> None:
        self.file.write({"kind": "ends", "number": number, "at": _now()})


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
