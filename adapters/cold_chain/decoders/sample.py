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
    fault: str | None = None  # why the value is none, where the dialect knows it by itself
    record: bool = False  # out of the device's memory: without its own time it says nothing
    message: str = ""  # names the message it came in, where that has no time of its own
    relayed: bool = False  # ``time`` is a gateway's: another one heard the same at another time
