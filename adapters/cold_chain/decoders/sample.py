"""What a dialect finds in a message, before anybody judges it."""

from typing import Any, Literal, NamedTuple

NO_TIME: Literal["no time"] = "no time"  # the dialect or the mapping has none: nothing is missing


class Sample(NamedTuple):
    """One measurement as it was said; everything but ``metric`` and ``probe`` is the device's word."""

    metric: str
    probe: str
    value: Any
    unit: Any = None
    time: Any = NO_TIME
    sequence: Any = None
