"""Who has the duty: weekly shifts in the time zone of the installation. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hub.notify.settings import NotifySettings, Schedule, Shift, Step


def on_duty(schedule: Schedule, at_ms: int, zone: ZoneInfo) -> str:
    """The person of the first shift that covers this moment."""
    local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)
    minute = local.hour * 60 + local.minute
    for shift in schedule.shifts:
        if _covers(shift, local.weekday(), minute):
            return shift.person
    return schedule.otherwise


def _covers(shift: Shift, weekday: int, minute: int) -> bool:
    """A shift that ends at or before its beginning goes on into the next day."""
    today, yesterday = weekday in shift.days, (weekday - 1) % 7 in shift.days
    if shift.from_minute < shift.to_minute:
        return today and shift.from_minute <= minute < shift.to_minute
    return (today and minute >= shift.from_minute) or (yesterday and minute < shift.to_minute)


def recipients(step: Step, at_ms: int, settings: NotifySettings) -> Iterator[tuple[str, str]]:
    """(person, channel) of everybody whom a step tells at that moment; persons over all their channels."""
    zone = ZoneInfo(settings.timezone)
    schedules = (settings.schedule(name) for name in step.schedules)
    on_call = [on_duty(schedule, at_ms, zone) for schedule in schedules if schedule]
    for name in dict.fromkeys([*step.persons, *on_call]):
        person = settings.person(name)
        for reach in person.reach if person else ():
            yield name, reach.channel
    for channel in step.channels:
        yield "", channel
