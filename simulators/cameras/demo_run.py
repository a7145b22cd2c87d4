"""The demo's cameras at work."""

from pathlib import Path

from simulators.cameras.camera_run import CameraRun
from simulators.cameras.camera_truth import CameraTruth
from simulators.cameras.clip_store import ClipStore
from simulators.cameras.demo_cameras import CHECK_SECONDS, demo_cameras, demo_episodes
from simulators.cameras.rtsp_server import RtspServer
from simulators.truth import TruthFile


def demo_run(place: tuple[str, int], footage: Path, password: str, truth: TruthFile) -> CameraRun:
    """``place``: where they listen. ``footage``: where it is kept for the next time."""
    plans = demo_cameras(password)
    server = RtspServer(*place, [plan.camera for plan in plans], clips=ClipStore(footage))
    return CameraRun(server, plans, demo_episodes(), CameraTruth(truth), CHECK_SECONDS)
