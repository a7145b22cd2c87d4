"""A camera of the server: what it is, what is wrong with it now, and what it has counted."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from simulators.cameras.camera_faults import How, footage
from simulators.cameras.clip_plans import ClipPlan
from simulators.cameras.login_check import CameraLogin, Doorkeeper
from simulators.cameras.ready_frames import ReadyClip
from simulators.cameras.rtp_payloads import Packing

ReadyClips = Callable[[ClipPlan, Packing], ReadyClip]


@dataclass(frozen=True, slots=True)
class SimulatedCamera:
    """``id`` is the path of its URL.

    ``apart``: on a port of its own, which alone can refuse; ``port`` 0: any. ``sets``: where it tells its
    parameter sets. ``joins``: a new client is sent all since the last keyframe at once, or only what comes.
    ``audio``: it describes a microphone before its picture; nobody speaks. ``described_rate``: frames a
    second that it describes, whatever it sends; 0.0: those of its clip.
    """

    id: str
    clip: ClipPlan = field(default_factory=ClipPlan)
    login: CameraLogin | None = None
    apart: bool = False
    port: int = 0
    sets: Literal["both", "in_band", "described"] = "both"
    aggregated: bool = False
    joins: Literal["group", "live"] = "group"
    session_seconds: float = 60.0
    udp: bool = False
    audio: bool = False
    described_rate: float = 0.0

    @property
    def packing(self) -> Packing:
        return Packing(in_band=self.sets != "described", aggregated=self.aggregated)


@dataclass
class Counters:
    """``requests`` by method; ``answers`` by status; ``lost``: packets left out on purpose."""

    connections: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)
    sessions: int = 0
    feedback: int = 0
    frames: int = 0
    keyframes: int = 0
    packets: int = 0
    lost: int = 0
    skipped: int = 0


class CameraState:
    """What changes. ``faults``: those that stand, the oldest first."""

    def __init__(self, camera: SimulatedCamera, clips: ReadyClips, seed: int) -> None:
        self.camera = camera
        self.clips = clips
        self.faults: dict[str, How] = {}
        self.counters = Counters()
        self.random = random.Random(f"camera {seed} {camera.id}")
        self.source = self.random.getrandbits(32)
        self.sessions = 0
        self.doorkeeper = (
            Doorkeeper(camera.login, f"nonce {seed} {camera.id}") if camera.login is not None else None
        )

    @property
    def ready(self) -> ReadyClip:
        """What it shows now; the first time it is asked for it may have to be encoded."""
        return self.clips(footage(self.camera.clip, self.faults), self.camera.packing)

    def setting(self, fault: str, name: str) -> float:
        """0 where the fault does not stand."""
        return float(self.faults[fault][name]) if fault in self.faults else 0.0
