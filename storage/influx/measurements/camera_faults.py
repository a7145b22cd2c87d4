"""``epihub_camera_fault``: each fault that a telling names: 1 it stands, 0 it was found not to stand."""

from collections.abc import Iterator

from hub.payloads import CameraHealth
from storage.camera_facts import fault_bits, faults_of
from storage.influx.lines import SeriesPrefixes, lines_of_all
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
    made = (
        (
            (source.site, source.edge, source.device, fault),
            {"active": int(fault in stand), "score": told.picture.get(fault)},
        )
        for fault in (*stand, *sorted(ended))
    )
    return lines_of_all(made, series, source.time_ms)
