"""A message as the broker gave it, before anybody reads it."""

from typing import Any, NamedTuple

from adapters.cold_chain.decoders.document import parse_object


class Place(NamedTuple):
    """Where one metric is: ``path`` () is the whole payload; ``on`` and ``off`` of a binary sensor."""

    metric: str
    path: tuple[str, ...]
    unit: str | None
    on: str = "ON"
    off: str = "OFF"


class Incoming(NamedTuple):
    """``topic`` "" where it is not known (bytes alone); ``places`` as they were announced then."""

    payload: bytes
    topic: str
    places: tuple[Place, ...] = ()

    @property
    def document(self) -> dict[str, Any]:
        """The JSON object; raises Undecodable."""
        return parse_object(self.payload)
