"""``epihub_camera_fault``: each fault that a telling names: 1 it stands, 0 it was found not to stand."""

from collections.abc import Iterator

from hub.payloads import CameraHealth
from storage.influx.lines import SeriesPrefixes
from storage.influx.measurements.measurement import Field, Told

NAME = "epihub_camera_fault"
TYPES = frozenset({CameraHealth.TYPE})
TAGS = ("site", "edge", "device", "fault")
FIELDS = (Field("active", "integer"), Field("score", "float"))


def lines(source: Told, series: SeriesPrefixes) -> Iterator[str]:
    """One line a fault; one that we do not know is ``other``."""
    raise NotImplementedError
    yield ""
