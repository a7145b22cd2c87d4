"""Cameras that our own client does not play (UDP, MJPEG): libav does, in a process of its own.

It looks like ``CameraSession`` to whoever watches. It costs a process of about 50 MB for each camera, and
knows less: of lost packets only what libav tells, nothing of the camera's clock.
"""

import asyncio
from asyncio.subprocess import Process
from dataclasses import replace
from hashlib import sha256
from time import monotonic
from urllib.parse import quote

import msgspec

from adapters.cameras.keyframes.control_relay import Relay, relayed
from adapters.cameras.keyframes.demux_messages import (
    LARGEST_MESSAGE_BYTES,
    DemuxTransport,
    Heard,
    Job,
    Key,
    Message,
    Opened,
    Over,
    decode_message,
    encode,
)
from adapters.cameras.keyframes.looks import WorkerLost
from adapters.cameras.keyframes.pipe_messages import packed
from adapters.cameras.keyframes.started_process import killed, put, received, started
from adapters.cameras.reasons import PHASES, Phase, Reason
from adapters.cameras.rtsp.dialling import NotReached
from adapters.cameras.rtsp.facts import Ended, KeyFrame, Patience, StreamFigures, Until, Watch
from adapters.cameras.rtsp.login import Login
from adapters.cameras.rtsp.places import CameraPlace
from hub.streams import now_ms
from hub.streams.blocking_calls import BlockingCalls

MODULE = "adapters.cameras.keyframes.demuxer"
MEMORY_MB = 512  # address space: libav takes 200
START_SECONDS = 30.0
_OPENING_SECONDS = 4.0  # what libav waits for beside the camera's answers: to know the stream
_USUAL_PATIENCE = Patience()


class FallbackSession:
    """One at a time; ``run`` may be called again once it returned, and its figures then begin anew."""

    def __init__(
        self,
        place: CameraPlace,
        login: Login | None,
        watch: Watch,
        patience: Patience = _USUAL_PATIENCE,
        *,
        transport: DemuxTransport = "udp",
    ) -> None:
        self._place = place
        self._login = login
        self._watch = watch
        self._patience = patience
        self._transport: DemuxTransport = transport
        self._resolving = BlockingCalls("camera-name", 2)
        self._relay: Relay | None = None
        self._wanted = False
        self._figures = StreamFigures()
        self._next = 0  # of PHASES: the first that is not reached
        self._began_s = 0.0

    @property
    def figures(self) -> StreamFigures:
        """Of the session that is running, or of the last."""
        return self._figures

    def want_keyframe(self) -> None:
        """The next one goes to ``watch.keyframe``."""
        self._wanted = True

    async def run(self, until: Until = "ended") -> Ended:
        """As ``CameraSession.run``; raises nothing but CancelledError, and leaves no process."""
        self._figures, self._next, self._began_s = StreamFigures(), 0, 0.0
        try:
            async with relayed(
                self._place,
                self._patience.connect_seconds,
                self._resolving,
                self._answered,
                carries_stream=self._transport == "tcp",
            ) as relay:
                self._relay = relay
                self._reached("connect")
                return await self._play(relay, until)
        except NotReached as error:
            return self._ended(error.reason, error.detail)

    async def _play(self, relay: Relay, until: Until) -> Ended:
        try:
            process = await started(MODULE, MEMORY_MB, START_SECONDS)
        except WorkerLost as lost:
            return self._ended("closed", lost.reason)
        try:
            await put(process, packed(encode(self._job(relay))))
            return await self._follow(process, relay, until)
        except (asyncio.IncompleteReadError, ConnectionError):
            return self._ended(relay.watch.reason or "closed", "crashed")
        except (msgspec.DecodeError, ValueError):
            return self._ended("bad_reply", "garbled")
        except TimeoutError:
            return self._ended(*self._silent(relay))
        finally:
            await killed(process)

    async def _follow(self, process: Process, relay: Relay, until: Until) -> Ended:
        """Raises TimeoutError: nothing came for too long; and what ``received`` does."""
        while True:
            async with asyncio.timeout(self._longest_silence()):
                message = decode_message(await received(process, LARGEST_MESSAGE_BYTES))
            ended = self._heard(message, relay)
            if ended is not None:
                return ended
            if until == "described" or (until == "keyframe" and self._phase == "streaming"):
                return Ended("streaming" if until == "keyframe" else "describe", "watching", now_ms() / 1000)

    def _heard(self, message: Message, relay: Relay) -> Ended | None:
        match message:
            case Over(reason):
                return self._ended(*self._given_up(relay, reason))
            case Opened(codec, width, height):
                self._figures = replace(self._figures, codec=codec, width=width, height=height)
            case Heard():
                self._count(message)
            case Key():
                self._keyframe(message)
        return None

    def _count(self, heard: Heard) -> None:
        now_s = monotonic()
        self._began_s = self._began_s or now_s
        self._reached("first_packet")
        before, at_s = self._figures, now_ms() / 1000
        new_keyframe = heard.keyframes > before.keyframes
        gap_s = at_s - before.last_keyframe_s if before.last_keyframe_s is not None else None
        self._figures = replace(
            before,
            bytes=heard.bytes,
            packets=heard.frames,
            frames=heard.frames,
            lost=heard.corrupt,
            keyframes=heard.keyframes,
            last_packet_s=at_s,
            last_frame_s=at_s,
            last_keyframe_s=at_s if new_keyframe else before.last_keyframe_s,
            keyframe_interval_s=gap_s if new_keyframe else before.keyframe_interval_s,
            rtp_seconds=heard.stream_seconds,
            heard_seconds=now_s - self._began_s,
        )

    def _keyframe(self, key: Key) -> None:
        self._reached("first_packet")
        self._reached("first_keyframe")
        self._reached("streaming")
        codec = self._figures.codec
        if self._wanted and codec is not None:
            self._wanted = False
            digest = sha256(key.data).digest()
            self._watch.keyframe(KeyFrame(codec, key.data, key.rtp_time, now_ms() / 1000, digest))

    def _answered(self) -> None:
        """The camera answered libav."""
        if self._relay is not None:
            for phase in self._relay.watch.reached:
                self._reached(phase)
            self._relay.watch.reached.clear()

    @property
    def _phase(self) -> Phase:
        """The one it is in: not reached yet, or the last."""
        return PHASES[min(self._next, len(PHASES) - 1)]

    def _reached(self, phase: Phase) -> None:
        """Each is told once, in their order."""
        if PHASES.index(phase) >= self._next:
            self._next = PHASES.index(phase) + 1
            self._watch.reached(phase, now_ms() / 1000)

    def _longest_silence(self) -> float:
        if self._phase in ("first_keyframe", "streaming"):
            figures = self._figures
            described = self._relay.watch.frame_seconds if self._relay else 0.0
            frame_seconds = max(described, figures.heard_seconds / max(1, figures.frames - 1))
            return self._patience.for_frames_every(frame_seconds).stall_seconds
        return self._patience.first_packet_seconds + self._patience.answer_seconds + _OPENING_SECONDS

    def _given_up(self, relay: Relay, reason: Reason) -> tuple[Reason, str]:
        """What libav's reason was in truth: it does not tell silence from nonsense."""
        if relay.watch.reason is not None or reason != "bad_reply":
            return relay.watch.reason or reason, _detail(relay)
        is_silent = self._phase == "first_packet" or not relay.watch.status
        return self._silent(relay) if is_silent or self._is_overdue() else (reason, "")

    def _is_overdue(self) -> bool:
        last_s = self._figures.last_packet_s
        return last_s is not None and now_ms() / 1000 - last_s >= self._patience.stall_seconds

    def _silent(self, relay: Relay) -> tuple[Reason, str]:
        if self._phase in ("first_keyframe", "streaming"):
            return "stall", ""
        if relay.watch.reason is not None:
            return relay.watch.reason, _detail(relay)
        return ("no_packets" if self._phase == "first_packet" else "mute"), ""

    def _job(self, relay: Relay) -> Job:
        """The path may hold a login, too."""
        login = self._login
        user = f"{quote(login.username, safe='')}:{quote(login.password, safe='')}@" if login else ""
        silence = self._patience.first_packet_seconds + self._patience.answer_seconds
        url = f"rtsp://{user}127.0.0.1:{relay.port}{self._place.path}"
        return Job(url, self._transport, silence)

    def _ended(self, reason: Reason, detail: str = "") -> Ended:
        return Ended(self._phase, reason, now_ms() / 1000, detail)


def _detail(relay: Relay) -> str:
    """The number of the refusal, if the camera refused anything."""
    return str(relay.watch.status) if relay.watch.status >= 300 else ""
