"""``epihub_camera``: how a camera streams, in numbers."""

from collections.abc import Iterator

from hub.payloads import CameraHealth
from storage.influx.lines import SeriesPrefixes
from storage.influx.measurements.measurement import Field, Told

NAME = "epihub_camera"
TYPES = frozenset({CameraHealth.TYPE})
TAGS = ("site", "edge", "device")
FIELDS = (
    Field("online", "integer"),
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
    Field("maintenance", "integer"),
)


def lines(source: Told, series: SeriesPrefixes) -> Iterator[str]:
    """One line a telling."""
    raise NotImplementedError
    yield ""
