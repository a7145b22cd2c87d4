"""``epihub_camera_fault``: each fault that a telling names: 1 it stands, 0 it was found not to stand."""

from collections.abc import Iterator

from hub.payloads import CameraHealth
from storage.camera_facts import fault_bits, faults_of
from storage.influx.lines import SeriesPrefixes, line_of
from storage.influx.measurements.measurement import Field, Told

NAME = "epihub_camera_fault"
TYPES = frozenset({CameraHealth.TYPE})
TAGS = ("site", "edge", "device", "fault")
FIELDS = (Field("active", "integer"), Field("score", "float"))


def lines(source: Told, series: SeriesPrefixes) -> Iterator[str]:
    """One line a fault; those that we do not know are one, ``other``."""
    told = source.payload
    assert isinstance(told, CameraHealth)
    stand = faults_of(fault_bits(told.faults))
    ended = set(faults_of(fault_bits(told.cleared))) - {*stand}
    for fault in (*stand, *sorted(ended)):
        prefix = series.of((source.site, source.edge, source.device, fault))
        told_of_it = {"active": int(fault in stand), "score": told.picture.get(fault)}
        line = line_of(prefix, told_of_it, source.time_ms)
        if line is not None:
            yield line
