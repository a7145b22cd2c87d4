"""Days of the hub's time zone as Unix milliseconds."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


def begin_ms(day: date, zone: ZoneInfo) -> int:
    """When ``day`` begins there."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1000


def end_ms(day: date, zone: ZoneInfo) -> int:
    """When it is over; raises OverflowError for the last day there is."""
    return begin_ms(day + timedelta(days=1), zone)


def day_of(at_ms: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(at_ms / 1000, zone).date()
