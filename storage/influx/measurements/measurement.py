"""What a measurement is: what it is made of, its tags and its fields. docs/projections.md lists the same."""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, Protocol

import msgspec

from hub.payloads import Payload
from storage.influx.lines import SeriesPrefixes


class Field(NamedTuple):
    """A field of a line. InfluxDB keeps the kind that it met first, so that it never changes."""

    name: str
    kind: Literal["float", "integer"]


class Told(msgspec.Struct, frozen=True):
    """What an event of the log tells a measurement; ``time_ms`` is the event's."""

    site: str
    edge: str
    device: str
    time_ms: int
    payload: Payload


class Measurement(Protocol):
    """A module of this package, found by folder.

    ``TYPES``: events of which each makes lines of it (``lines`` takes a Told); none: it is made of what the
    store or the hub counts (a row of storage.projections, a HubSample).
    ``lines`` yields lines without a newline; raises UnwritableError.
    """

    NAME: str
    TYPES: frozenset[str]
    TAGS: tuple[str, ...]
    FIELDS: tuple[Field, ...]

    def lines(self, source: Any, series: SeriesPrefixes) -> Iterator[str]: ...
