"""What a sensor measured, and what a message of it claims; shared by those who send and those who judge."""

from typing import NamedTuple


class Sample(NamedTuple):
    """One measurement; ``time_ms`` is what the device's clock says, ``true_ms`` when it was.

    ``celsius`` None: the probe is broken. ``door_open_s``: for how long the door has been open now;
    ``mains_s``, ``door_s`` and ``compressor_s`` are of the last 15 minutes; ``battery`` is in percent.
    """

    true_ms: int
    time_ms: int
    celsius: float | None
    ambient: float
    door_open_s: float
    mains_s: float
    door_s: float
    compressor_s: float
    battery: float


class Claim(NamedTuple):
    """What a message says of one metric at one time, in thousandths of its unit; None: no measurement."""

    metric: str
    time_ms: int
    value: int | None


class Message(NamedTuple):
    """``body`` for the unit's line; ``name`` of a file."""

    body: bytes
    claims: tuple[Claim, ...]
    name: str = ""


def thousandths(value: float) -> int:
    """Half to even, as the double is."""
    return round(value * 1000)
