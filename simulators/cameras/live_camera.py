"""The time of a camera: one picture after the other, the same ones at the same time for all who watch."""

import asyncio
import struct
import time
from typing import Protocol

from simulators.cameras.ready_frames import ReadyClip, ReadyFrame
from simulators.cameras.simulated_camera import CameraState

REPORT_SECONDS = 5.0  # between two sender reports, as RFC 3550 6.2 has it
LATEST_SECONDS = 1.0  # a picture that is later than this is no longer made up for
TICKS_A_SECOND = 90_000
_NTP_EPOCH = 2_208_988_800
_REPORT = struct.Struct(">BBHIIIIII")


class Viewer(Protocol):
    """Somebody who plays a camera."""

    def show(self, frame: ReadyFrame, number: int, time: int) -> None: ...

    def report(self, report: bytes) -> None: ...


class LiveCamera:
    """Runs while somebody watches; its clocks run on while nobody does."""

    def __init__(self, state: CameraState) -> None:
        self.state = state
        self.viewers: list[Viewer] = []
        self._loop = asyncio.get_running_loop()
        self._ready: ReadyClip | None = None
        self._place = 0
        self._number = state.random.randrange(0x8000)
        self._time = float(state.random.getrandbits(32))
        self._due = self._loop.time()
        self._reported = 0.0
        self._group: list[tuple[ReadyFrame, int, int]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._awake = False

    def next_packet(self) -> tuple[int, int]:
        """Number and time of the first packet that a viewer who joins now is sent."""
        self._resume()
        if self._group and self.state.camera.joins == "group":
            return self._group[0][1] & 0xFFFF, self._group[0][2]
        return self._number & 0xFFFF, round(self._time) & 0xFFFFFFFF

    def join(self, viewer: Viewer) -> None:
        """It is sent pictures from now on."""
        self._resume()
        if self.state.camera.joins == "group":
            for frame, number, at in self._group:
                viewer.show(frame, number, at)
        self.viewers.append(viewer)
        self._reported = 0.0
        if self._timer is None:
            self._tick()

    def leave(self, viewer: Viewer) -> None:
        """It may have left before."""
        if viewer in self.viewers:
            self.viewers.remove(viewer)
        if not self.viewers and self._timer is not None:
            self._timer.cancel()
            self._timer, self._awake = None, False

    def _resume(self) -> None:
        """Where it would be by now, at the keyframe before; nothing where it runs."""
        if self._awake:
            return
        self._awake = True
        now = self._loop.time()
        passed, self._due = max(0.0, now - self._due), now
        self._time += passed * TICKS_A_SECOND
        ready = self._ready = self.state.ready
        place = (self._place + int(passed * ready.clip.plan.frames_a_second)) % len(ready.frames)
        self._place, self._group = ready.clip.key_before(place), []

    def _tick(self) -> None:
        frame = self._next_frame()
        at = round(self._time) & 0xFFFFFFFF
        if frame.key:
            self._group = []
        self._group.append((frame, self._number, at))
        for viewer in tuple(self.viewers):
            viewer.show(frame, self._number, at)
        self._number += len(frame.starts)
        if self._loop.time() - self._reported >= REPORT_SECONDS:
            self._report(at)
        self._schedule()

    def _next_frame(self) -> ReadyFrame:
        ready = self.state.ready
        if ready is not self._ready:
            self._ready, self._place = ready, 0
        frame = ready.frames[self._place]
        self._place = (self._place + 1) % len(ready.frames)
        return frame

    def _schedule(self) -> None:
        ready = self._ready
        assert ready is not None
        faults = self.state.faults
        period = 1 / ready.clip.plan.frames_a_second / (self.state.setting("fps", "factor") or 1)
        if "standing_clock" not in faults:
            self._time += period * TICKS_A_SECOND * (1 + self.state.setting("drift", "ppm") / 1e6)
        now = self._loop.time()
        self._due += period
        if now - self._due > LATEST_SECONDS:
            self._due = now
        self._timer = self._loop.call_at(self._due, self._tick)

    def _report(self, at: int) -> None:
        """A sender report: the time of the picture that was just sent, by the camera's own clock."""
        self._reported = self._loop.time()
        ntp = time.time() + _NTP_EPOCH + self.state.setting("clock", "seconds")
        counters = self.state.counters
        told = _REPORT.pack(
            0x80, 200, 6, self.state.source, int(ntp) & 0xFFFFFFFF, int(ntp % 1 * 2**32), at,
            counters.packets & 0xFFFFFFFF, 0,
        )  # fmt: skip
        for viewer in tuple(self.viewers):
            viewer.report(told)
