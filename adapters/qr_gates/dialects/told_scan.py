"""What every dialect gives: scans that a terminal tells of, and what of its message tells of none."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from adapters.qr_gates.codes.shown_code import MOST_BYTES

EARLIEST_YEAR = 2020  # a clock that was never set says 2000 or 1970


@dataclass(frozen=True, slots=True)
class ToldScan:
    """``device_ms``: by the terminal's clock, Unix ms, None without one; ``key`` names it in the terminal."""

    code: bytes
    device_ms: int | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class NoScan:
    """A part of a message that tells of none and should: kept for a person. ``place``: never a snippet."""

    raw: bytes
    reason: str
    place: str = ""


Told = ToldScan | NoScan


class Unintelligible(ValueError):
    """The whole message is none of its dialect's; ``reason`` is a code."""

    def __init__(self, reason: str, place: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.place = place


def unix_ms(at: datetime, zone: ZoneInfo) -> int | None:
    """A time without zone is ``zone``'s; None: no clock that was set says so."""
    placed = at if at.tzinfo else at.replace(tzinfo=zone)
    if not EARLIEST_YEAR <= placed.year < 2100:
        return None
    return round(placed.timestamp() * 1000)


def code_bytes(text: str) -> bytes | None:
    """UTF-8 of a code; None: empty, too long, or no text at all."""
    try:
        raw = text.strip().encode()
    except UnicodeEncodeError:  # half a surrogate, by an escape of JSON
        return None
    return raw if 0 < len(raw) <= MOST_BYTES else None
