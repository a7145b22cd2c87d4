"""Figures of the lists of people that an edge keeps."""

from collections.abc import Iterable, Iterator

from hub.edge.people_kept import KeptList
from hub.metrics import Metric, Sample

COUNT = Metric("epihub_people_list_count", "gauge", "People on the list, 0 while it is not used.", ("list",))
RECEIVED = Metric(
    "epihub_people_list_received_timestamp_seconds",
    "gauge",
    "When the hub last said that it is the list.",
    ("list",),
)


def of_people(lists: Iterable[KeptList]) -> Iterator[Sample]:
    """Of those that gates look up; one that never came has no time."""
    for kept in lists:
        yield COUNT.sample(kept.head.count if kept.head and kept.version else 0, kept.name)
        if kept.received_ms:
            yield RECEIVED.sample(kept.received_ms / 1000, kept.name)
