"""A camera's standing as ``camera.health.v1`` says it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from adapters.cameras.health.changes import Shown, StandingSettings
from adapters.cameras.health.known import Known
from hub.payloads import CameraHealth

# What makes a picture worthless before what makes it worse; what is only suspected last.
WORST_FIRST: Final = (
    "unreadable", "no_signal", "black", "frozen", "covered", "moved", "over_exposed", "blur", "flapping",
    "stripes", "loss", "fps", "bitrate", "colour_cast", "clock", "frozen_suspected",
)  # fmt: skip
_RANK: Final = {name: rank for rank, name in enumerate(WORST_FIRST)}


def worst_first(faults: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(faults, key=_RANK.__getitem__))


def health_of(settings: StandingSettings, known: Known, shown: Shown, at_ms: int) -> CameraHealth:
    rates, latest = known.rates, known.rates.latest
    is_held = settings.mode == "continuous" and known.line.state == "OFFLINE"
    nothing = 0.0 if is_held else None  # a stream that should be there and is not: 0, and not unknown
    return CameraHealth(
        shown.state,
        shown.reason,
        _time(shown.since_ms),
        fps=_rounded(rates.fps(at_ms), 2, nothing),
        bitrate=_rounded(rates.bitrate(at_ms), 0, nothing),
        loss=_rounded(rates.loss, 4),
        reconnects=known.reconnects.count(at_ms),
        clock_offset_s=_rounded(known.clock.offset_s, 3),
        clock_drift_ppm=_rounded(known.clock.drift_ppm, 1),
        picture={name: round(score, 3) for name, score in known.pictures.scores.items()},
        faults=worst_first(shown.faults),
        cleared=worst_first(shown.cleared(at_ms)),
        keyframe_interval_s=_rounded(latest.keyframe_interval_s if latest else None, 2),
        night=known.night,
        last_frame=_time(int(rates.last_frame_s * 1000)) if rates.last_frame_s else None,
        codec=rates.codec,
        width=rates.width or None,
        height=rates.height or None,
        mode=settings.mode,
        check_seconds=_rounded(known.check_seconds, 1),
        learning=known.learning,
        switch=settings.switch,
        link=settings.link,
        snapshot=settings.snapshot,
    )


def _rounded(value: float | None, digits: int, otherwise: float | None = None) -> float | None:
    return otherwise if value is None else round(value, digits)


def _time(at_ms: int) -> str:
    """RFC 3339 in UTC with milliseconds."""
    seconds, milliseconds = divmod(at_ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{milliseconds:03d}Z"
