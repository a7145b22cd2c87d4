"""Values of a command line, and what is wrong with them: ``type=`` of argparse."""

import argparse
import re
from datetime import UTC, datetime

_SPAN = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)([smhd])\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def address(text: str) -> tuple[str, int]:
    """HOST:PORT."""
    host, colon, number = text.rpartition(":")
    if not colon or not host:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host.removeprefix("[").removesuffix("]"), port(number)


def port(text: str) -> int:
    """1 to 65535."""
    return _whole(text, 1, 65535)


def positive(text: str) -> int:
    """A whole number from 1 on."""
    return _whole(text, 1, 1_000_000_000)


def _whole(text: str, low: int, high: int) -> int:
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(f"{number} is not between {low} and {high}")
    return number


def above_zero(text: str) -> float:
    """A number above 0."""
    number = not_negative(text)
    if number == 0:
        raise argparse.ArgumentTypeError("must be above 0")
    return number


def share(text: str) -> float:
    """0 to 1."""
    number = not_negative(text)
    if number > 1:
        raise argparse.ArgumentTypeError("must not be above 1")
    return number


def not_negative(text: str) -> float:
    """A number, 0 or above."""
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError("must be 0 or above")
    return number


def span_seconds(text: str) -> float:
    """``90s``, ``20m``, ``36h`` or ``7d``, above 0."""
    found = _SPAN.match(text)
    seconds = float(found[1]) * _SECONDS[found[2]] if found else 0.0
    if not seconds:
        raise argparse.ArgumentTypeError(f"{text!r} is no time like 90s, 20m, 36h or 7d")
    return seconds


def past_time(text: str) -> datetime:
    """``7d``: so long ago; or a time with its zone, which is over."""
    now = datetime.now(UTC)
    if _SPAN.match(text):
        return datetime.fromtimestamp(now.timestamp() - span_seconds(text), UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time ago like 7d, and no ISO 8601 time") from None
    if at.tzinfo is None or at > now:
        raise argparse.ArgumentTypeError(f"{text!r} needs a zone and must be in the past")
    return at
