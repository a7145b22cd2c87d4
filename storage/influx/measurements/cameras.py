"""``epihub_camera``: how a camera streams, in numbers."""

from collections.abc import Iterator

from hub.payloads import CameraHealth
from storage.cameras import DOWN, MAINTENANCE, UP
from storage.influx.lines import SeriesPrefixes, line_of
from storage.influx.measurements.measurement import Field, Told

NAME = "epihub_camera"
TYPES = frozenset({CameraHealth.TYPE})
TAGS = ("site", "edge", "device")
FIELDS = (
    Field("online", "integer"),
    Field("maintenance", "integer"),
    Field("fps", "float"),
    Field("bitrate", "float"),
    Field("loss", "float"),
    Field("reconnects", "integer"),
    Field("keyframe_interval_s", "float"),
    Field("clock_offset_s", "float"),
    Field("clock_drift_ppm", "float"),
    Field("check_seconds", "float"),
    Field("faults", "integer"),
    Field("learning", "integer"),
    Field("night", "integer"),
)


def lines(source: Told, series: SeriesPrefixes) -> Iterator[str]:
    """One line a telling."""
    told = source.payload
    assert isinstance(told, CameraHealth)
    prefix = series.of((source.site, source.edge, source.device))
    line = line_of(prefix, figures(told), source.time_ms)
    if line is not None:
        yield line


def figures(told: CameraHealth) -> dict[str, float | None]:
    """One for each of FIELDS; None: not known. ``online`` is None in maintenance and where nobody knows."""
    return {
        "online": 1 if told.state in UP else 0 if told.state == DOWN else None,
        "maintenance": int(told.state == MAINTENANCE),
        "fps": told.fps,
        "bitrate": told.bitrate,
        "loss": told.loss,
        "reconnects": told.reconnects,
        "keyframe_interval_s": told.keyframe_interval_s,
        "clock_offset_s": told.clock_offset_s,
        "clock_drift_ppm": told.clock_drift_ppm,
        "check_seconds": told.check_seconds,
        "faults": len(told.faults),
        "learning": int(told.learning),
        "night": None if told.night is None else int(told.night),
    }
