"""Cameras of a made-up hospital in a real store: what each tells, and what each told before."""

from collections.abc import Iterable
from typing import Any

from hub.events import format_time
from hub.payloads import CameraHealth, Reading
from tests.api.province import EDGE, Writer

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
SITES = ("bv-thong-nhat", "bv-long-khanh", "bv-da-chien-1")
DEFAULTS: dict[str, Any] = {
    "fps": 25.0,
    "bitrate": 402_100.0,
    "loss": 0.0,
    "reconnects": 1,
    "clock_offset_s": -0.4,
    "picture": {"black": 0.02, "blur": 0.4, "moved": 0.1, "covered": 0.05},
    "keyframe_interval_s": 2.0,
    "night": False,
    "codec": "h264",
    "width": 640,
    "height": 360,
    "check_seconds": 10.0,
}


def devices(count: int) -> list[dict[str, str]]:
    """As ``[[device]]`` names them, at three sites in turn."""
    return [
        {"id": f"cam-{n:03d}", "site": SITES[n % 3], "kind": "rtsp", "profile": "camera"}
        for n in range(1, count + 1)
    ]


def health(state: Any, reason: str, since_ms: int, **more: Any) -> CameraHealth:
    """``since_ms`` in Unix ms; the rest is that of a camera that is well."""
    return CameraHealth(state, reason, format_time(since_ms), **(DEFAULTS | more))


def well(since_ms: int, **more: Any) -> CameraHealth:
    return health("ONLINE", "streaming", since_ms, **more)


def away(reason: str, since_ms: int, **more: Any) -> CameraHealth:
    return health("OFFLINE", reason, since_ms, **({"fps": 0.0, "bitrate": 0.0, "loss": None} | more))


def faulty(since_ms: int, **scores: float) -> CameraHealth:
    """Its picture has faults, each with its score."""
    return health("DEGRADED", "streaming", since_ms, faults=tuple(scores), picture=scores)


async def tell(writer: Writer, device: str, site: str, told: Iterable[tuple[int, CameraHealth]]) -> None:
    """Each at its time in Unix ms."""
    made = [(writer.event(one, device, site, at_ms), one) for at_ms, one in told]
    await writer.write(*made, now_ms=max((at_ms for at_ms, _ in told), default=0))


def held(told: CameraHealth, from_ms: int, to_ms: int, pace_ms: int = 5 * MINUTE_MS) -> list[Any]:
    """Told again and again, as a monitor does."""
    return [(at_ms, told) for at_ms in (*range(from_ms, to_ms, pace_ms), to_ms)]


async def fill_history(writer: Writer, device: str, site: str, now_ms: int) -> None:
    """A day: well, half an hour of a refused password four hours ago, two hours of which nobody knows."""
    lost_ms, back_ms = now_ms - 4 * HOUR_MS, now_ms - 4 * HOUR_MS + 30 * MINUTE_MS
    silent_ms, heard_ms = now_ms - 12 * HOUR_MS, now_ms - 10 * HOUR_MS
    told = held(well(now_ms - 24 * HOUR_MS), now_ms - 24 * HOUR_MS, silent_ms)
    told += held(well(heard_ms), heard_ms, lost_ms - 1000)
    told += held(away("unauthorized", lost_ms), lost_ms, back_ms - 1000)
    told += held(well(back_ms), back_ms, now_ms)
    await tell(writer, device, site, told)
    figures = [
        (at_ms, Reading(metric=metric, value=value, unit=unit))
        for n, at_ms in enumerate(range(now_ms - 20 * HOUR_MS, now_ms, 10 * MINUTE_MS))
        for metric, value, unit in (
            ("camera.fps", 25.0 - n % 3, "{frames}/s"),
            ("camera.bitrate", 400_000.0 + 9_000 * (n % 7), "bit/s"),
        )
    ]
    made = [(writer.event(one, device, site, at_ms), one) for at_ms, one in figures]
    await writer.write(*made, now_ms=now_ms)


__all__ = [
    "EDGE",
    "SITES",
    "Writer",
    "away",
    "devices",
    "faulty",
    "fill_history",
    "health",
    "held",
    "tell",
    "well",
]
