"""How far a camera's clock is from ours, and how fast it goes."""

from collections import deque
from dataclasses import dataclass, field
from statistics import median_low
from typing import Final

from adapters.cameras.rtsp.facts import StreamFigures

# A single word may be late by the network; of five, or three at first, the middle one is not.
REMEMBERED, FEWEST = 5, 3
# Cameras refuse ONVIF logins 5 to 10 s off; a minute off, a recording proves nothing. The end is ours.
WRONG_S: Final = 60.0
RIGHT_S: Final = 45.0
# Shorter than this, the network's delays are more than what a quartz goes wrong by.
DRIFT_AFTER_S: Final = 600.0


@dataclass(slots=True)
class CameraClock:
    """``is_wrong``: a minute or more off."""

    is_wrong: bool = False
    drift_ppm: float | None = None
    _told: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    @property
    def offset_s(self) -> float | None:
        """How many seconds it is ahead of ours."""
        return median_low(self._told) if self._told else None

    def told(self, offset_s: float) -> None:
        self._told.append(offset_s)
        if len(self._told) >= FEWEST:
            away = abs(median_low(self._told))
            self.is_wrong = away > RIGHT_S if self.is_wrong else away >= WRONG_S

    def ran(self, figures: StreamFigures) -> None:
        """The RTP clock against ours, over the whole session."""
        if figures.heard_seconds >= DRIFT_AFTER_S:
            self.drift_ppm = (figures.rtp_seconds / figures.heard_seconds - 1) * 1e6
