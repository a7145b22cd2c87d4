"""``[notify]`` as the hub's process gets it: secrets revealed, so by stdin and nowhere else."""

import os
from pathlib import Path

from hub.config.models import Config
from hub.config.notifying import (
    DAYS,
    NotifyChain,
    NotifyChannel,
    NotifyPerson,
    NotifySchedule,
)
from hub.notify.settings import (
    Chain,
    Channel,
    NotifySettings,
    Person,
    Place,
    Reach,
    Schedule,
    Shift,
    Step,
)
from hub.secret import Secret

_PORTS = {"tls": 465, "starttls": 587, "none": 25}


def notify_settings(config: Config) -> NotifySettings:
    notify = config.notify
    return NotifySettings(
        channels=tuple(map(_channel, notify.channels)),
        persons=tuple(map(_person, notify.persons)),
        schedules=tuple(map(_schedule, notify.schedules)),
        chains=tuple(map(_chain, notify.chains)),
        places={site.id: Place(site.name, site.kind) for site in config.sites},
        timezone=config.hub.timezone,
        gather_seconds=notify.gather_seconds,
        window_minutes=notify.window_minutes,
        most_sites=notify.most_sites,
        remind_minutes=notify.remind_minutes,
        reminders=notify.reminders,
        retry_seconds=notify.retry_seconds,
        tries=notify.tries,
        heartbeat_url=_revealed(notify.heartbeat_url),
        heartbeat_file=_text(notify.heartbeat_file),
    )


def _channel(channel: NotifyChannel) -> Channel:
    return Channel(
        id=channel.id,
        kind=channel.kind,
        language=channel.language,
        url=_revealed(channel.url),
        host=channel.host or "",
        port=channel.port or _PORTS[channel.security],
        security=channel.security,
        username=_revealed(channel.username),
        password=_revealed(channel.password),
        sender=_revealed(channel.sender),
        to=_revealed(channel.to),
        path=channel.path or "",
        baud=channel.baud,
        timeout_seconds=channel.timeout_seconds,
    )


def _person(person: NotifyPerson) -> Person:
    reach = tuple(Reach(each.channel, each.address.reveal()) for each in person.reach)
    return Person(person.id, person.language, reach)


def _schedule(schedule: NotifySchedule) -> Schedule:
    shifts = (
        Shift(tuple(map(DAYS.index, each.days)), _minute(each.begin), _minute(each.end), each.person)
        for each in schedule.shifts
    )
    return Schedule(schedule.id, schedule.otherwise, tuple(shifts))


def _chain(chain: NotifyChain) -> Chain:
    steps = (Step(each.after_minutes, each.persons, each.schedules, each.channels) for each in chain.steps)
    return Chain(chain.id, tuple(steps), chain.severities, chain.site_kinds, chain.sites)


def _minute(clock: str) -> int:
    hour, _, minute = clock.partition(":")
    return int(hour) * 60 + int(minute)


def _revealed(secret: Secret | None) -> str:
    return secret.reveal() if secret else ""


def _text(path: Path | None) -> str:
    return os.fspath(path) if path else ""
