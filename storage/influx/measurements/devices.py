"""``epihub_device``: the state of a device, as a number."""

from collections.abc import Iterator

from hub.payloads import DeviceStatus
from storage.influx.lines import SeriesPrefixes, line_of
from storage.influx.measurements.measurement import Field, Told

NAME = "epihub_device"
TYPES = frozenset({DeviceStatus.TYPE})
TAGS = ("site", "edge", "device")
FIELDS = (Field("state", "integer"), Field("clock_offset_s", "float"))
# The first three as in epihub_component_state: the higher, the worse.
STATES = {"ONLINE": 0, "DEGRADED": 1, "OFFLINE": 2, "MAINTENANCE": 3, "UNKNOWN": 4}


def lines(source: Told, series: SeriesPrefixes) -> Iterator[str]:
    """One line a change."""
    told = source.payload
    assert isinstance(told, DeviceStatus)
    prefix = series.of((source.site, source.edge, source.device))
    told_of_it = {"state": STATES[told.state], "clock_offset_s": told.clock_offset_s}
    line = line_of(prefix, told_of_it, source.time_ms)
    if line is not None:
        yield line
