"""``epihub_device``: the state of a device, as a number."""

from collections.abc import Iterator

from hub.payloads import DeviceStatus
from storage.influx.lines import SeriesPrefixes
from storage.influx.measurements.measurement import Field, Told

NAME = "epihub_device"
TYPES = frozenset({DeviceStatus.TYPE})
TAGS = ("site", "edge", "device")
FIELDS = (Field("state", "integer"), Field("clock_offset_s", "float"))
# As in epihub_component_state: the higher, the worse; then what nobody can judge.
STATES = {"ONLINE": 0, "DEGRADED": 1, "OFFLINE": 2, "MAINTENANCE": 3, "UNKNOWN": 4}


def lines(source: Told, series: SeriesPrefixes) -> Iterator[str]:
    """One line a change."""
    raise NotImplementedError
    yield ""
