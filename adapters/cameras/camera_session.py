"""The session that a camera's transport asks for."""

from typing import Protocol

from adapters.cameras.camera_config import RtspConfig
from adapters.cameras.keyframes.fallback import FallbackSession
from adapters.cameras.rtsp.facts import Ended, Patience, StreamFigures, Until, Watch
from adapters.cameras.rtsp.session import CameraSession


class AnySession(Protocol):
    """What a camera needs of a session, whoever speaks with it."""

    async def run(self, until: Until = "ended") -> Ended: ...

    def want_keyframe(self) -> None: ...

    @property
    def figures(self) -> StreamFigures: ...


def opened_session(config: RtspConfig, watch: Watch) -> AnySession:
    """Not connected yet. To ask a camera what it has takes no process, whatever it sends then."""
    patience = Patience().for_frames_every(config.frame_seconds)
    if config.mode != "options" and config.is_played_by_libav:
        return FallbackSession(config.place, config.login, watch, patience, transport=config.transport)
    return CameraSession(config.place, config.login, watch, patience)
