"""Frames, bits and losses in a second, and what is wrong with them against what is usual for this camera."""

from dataclasses import dataclass, field
from typing import Final

from adapters.cameras.health.baselines import Lasting, Smoothed, Usual
from adapters.cameras.rtsp.facts import PictureCodec, StreamFigures

# A camera that froze must not go on showing its last rate (asked of Frigate: #2347, #10415).
STALLED_S: Final = 2.0
FEWEST_FRAMES: Final = 5  # of a slow stream: so many frames overdue
# A jump of the first seconds (a whole GOP at once) is nothing to learn from.
SETTLED_S: Final = 5.0
LEARNT_FRAMES: Final = 10
UNSEEN_MS: Final = 15_000  # figures so far apart prove nothing about the time between
FPS_BELOW, FPS_AGAIN = 0.6, 0.8  # of what is usual
BITRATE_BELOW, BITRATE_AGAIN = 0.25, 0.4
LOSS_FROM, LOSS_UNTIL = 0.02, 0.005
_FPS_TAU_S, _BITRATE_TAU_S, _LOSS_TAU_S = 5.0, 10.0, 30.0
OF_RATES: Final = ("fps", "bitrate", "loss")
Rates = dict[str, Lasting]


def _faults() -> Rates:
    """How long each must last: fps < 60 % for 10 s and bitrate < 25 % for 30 s as measured; others: ours."""
    return {
        "fps": Lasting(10_000, 10_000),
        "bitrate": Lasting(30_000, 30_000),
        "loss": Lasting(20_000, 60_000),
        "frozen": Lasting(5_000, 2_000),  # its RTP clock stands still while frames come
    }


@dataclass(slots=True)
class StreamRates:
    """Of one camera over all its sessions; what is usual is learnt apart for day and night."""

    latest: StreamFigures | None = None
    last_frame_s: float | None = None
    codec: PictureCodec | None = None
    width: int = 0
    height: int = 0
    _at_ms: int = 0
    _began_ms: int = 0
    _fps: Smoothed = field(default_factory=Smoothed)
    _bitrate: Smoothed = field(default_factory=Smoothed)
    _loss: Smoothed = field(default_factory=Smoothed)
    _night: bool = False
    _usual: dict[tuple[str, bool], Usual] = field(default_factory=dict)
    _faults: Rates = field(default_factory=_faults)

    def add(self, figures: StreamFigures, at_ms: int) -> None:
        before, seconds = self.latest, (at_ms - self._at_ms) / 1000
        if before is None or figures.packets < before.packets or figures.frames < before.frames:
            self._begin(figures, at_ms)
        elif seconds > 0:
            self._measure(before, figures, seconds)
            if at_ms - self._at_ms > UNSEEN_MS:
                self._begin_anew()
            self._judge(before, figures, seconds, at_ms)
            self.latest, self._at_ms = figures, at_ms
        self.last_frame_s = figures.last_frame_s or self.last_frame_s
        self.codec = figures.codec or self.codec
        self.width, self.height = figures.width or self.width, figures.height or self.height

    def ended(self) -> None:
        """The session is over: that it is away says more than its rates."""
        self.latest = None
        self._fps, self._bitrate, self._loss = Smoothed(), Smoothed(), Smoothed()
        for fault in self._faults.values():
            fault.drop()

    def is_night(self, night: bool) -> None:
        """Cameras send fewer and other frames by infrared."""
        if night != self._night:
            self._night = night
            self._begin_anew()

    def forget_usual(self) -> None:
        """How it sends now is how it shall send."""
        self._usual.clear()

    def fps(self, at_ms: int) -> float | None:
        return self._rate(self._fps.value, at_ms)

    def bitrate(self, at_ms: int) -> float | None:
        return self._rate(self._bitrate.value, at_ms)

    @property
    def loss(self) -> float | None:
        return self._loss.value

    @property
    def standing(self) -> frozenset[str]:
        return frozenset(name for name, fault in self._faults.items() if fault.stands)

    @property
    def clean(self) -> frozenset[str]:
        """Faults that would stand by now."""
        return frozenset(OF_RATES) - self.standing if self._is_learnt("fps") else frozenset()

    def _rate(self, rate: float | None, at_ms: int) -> float | None:
        if self.latest is None or rate is None:
            return None
        frame_s = self.latest.last_frame_s
        overdue_s = max(STALLED_S, FEWEST_FRAMES / (self._fps.value or FEWEST_FRAMES))
        return 0.0 if frame_s is None or at_ms / 1000 - frame_s > overdue_s else rate

    def _begin(self, figures: StreamFigures, at_ms: int) -> None:
        self.ended()
        self.latest, self._at_ms, self._began_ms = figures, at_ms, at_ms

    def _begin_anew(self) -> None:
        for fault in self._faults.values():
            fault.begin_anew()

    def _measure(self, before: StreamFigures, now: StreamFigures, seconds: float) -> None:
        usual_fps = self._of("fps").value
        ten_frames_s = 10 / usual_fps if usual_fps else 0.0
        fps_tau_s = max(_FPS_TAU_S, ten_frames_s)
        bitrate_tau_s = max(_BITRATE_TAU_S, ten_frames_s, 3 * (now.keyframe_interval_s or 0))
        self._fps.add((now.frames - before.frames) / seconds, seconds, fps_tau_s)
        self._bitrate.add(8 * max(0, now.bytes - before.bytes) / seconds, seconds, bitrate_tau_s)
        lost = max(0, now.lost - before.lost)
        expected = lost + now.packets - before.packets
        if expected:
            self._loss.add(lost / expected, seconds, _LOSS_TAU_S)

    def _judge(self, before: StreamFigures, now: StreamFigures, seconds: float, at_ms: int) -> None:
        if at_ms - self._began_ms >= SETTLED_S * 1000:
            self._against_usual("fps", self._fps, (FPS_BELOW, FPS_AGAIN), seconds, at_ms)
            self._against_usual("bitrate", self._bitrate, (BITRATE_BELOW, BITRATE_AGAIN), seconds, at_ms)
        loss = self._loss.value or 0.0
        self._faults["loss"].judge(bad=loss >= LOSS_FROM, good=loss < LOSS_UNTIL, at_ms=at_ms)
        frames, moved = now.frames > before.frames, now.rtp_seconds > before.rtp_seconds
        self._faults["frozen"].judge(bad=frames and not moved, good=moved, at_ms=at_ms)

    def _against_usual(
        self, name: str, rate: Smoothed, limits: tuple[float, float], seconds: float, at_ms: int
    ) -> None:
        usual, fault, value = self._of(name), self._faults[name], rate.value or 0.0
        below, again = limits
        is_low = self._is_learnt(name) and value < below * usual.value
        fault.judge(bad=is_low, good=value >= again * usual.value, at_ms=at_ms)
        if not is_low and not fault.stands:
            usual.add(value, seconds)

    def _is_learnt(self, name: str) -> bool:
        """A slow stream must have shown some frames, too."""
        usual, usual_fps = self._of(name), self._of("fps").value
        return usual.is_learnt and usual.seen_s * usual_fps >= LEARNT_FRAMES

    def _of(self, name: str) -> Usual:
        return self._usual.setdefault((name, self._night), Usual())
