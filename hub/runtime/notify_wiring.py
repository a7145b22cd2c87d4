"""``[notify]`` as the hub's process gets it: secrets revealed, so by stdin and nowhere else."""

import os
from pathlib import Path

import msgspec

from hub.config.models import Config
from hub.config.notify_channel import NotifyChannel, NotifyMailbox, NotifyRelay
from hub.config.notifying import DAYS, NotifyChain, NotifyPerson, NotifySchedule
from hub.notify.settings import (
    Chain,
    Channel,
    Mailbox,
    NotifySettings,
    Person,
    Place,
    Reach,
    RelaySettings,
    Schedule,
    Shift,
    Step,
)
from hub.secret import Secret

FOLDER = "notify"
_PORTS = {"tls": 465, "starttls": 587, "none": 25}
_IMAP_PORTS = {"tls": 993, "starttls": 143, "none": 143}
_BOTS = {"telegram": "https://api.telegram.org", "zalo": "https://bot-api.zaloplatforms.com"}


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
        folder=_text(config.hub.data_dir / FOLDER),
    )


def _channel(channel: NotifyChannel) -> Channel:
    return Channel(
        id=channel.id,
        kind=channel.kind,
        language=channel.language,
        url=_revealed(channel.url),
        base_url=channel.base_url or _BOTS.get(channel.kind, ""),
        token=_revealed(channel.token),
        ca_file=_text(channel.ca_file),
        host=channel.host or "",
        port=channel.port or _PORTS[channel.security],
        security=channel.security,
        username=_revealed(channel.username),
        password=_revealed(channel.password),
        sender=_revealed(channel.sender),
        mailbox=_mailbox(channel.mailbox) if channel.mailbox else None,
        relay=_relay(channel.relay) if channel.relay else None,
        to=_revealed(channel.to),
        path=channel.path or "",
        baud=channel.baud,
        timeout_seconds=channel.timeout_seconds,
    )


def _mailbox(mailbox: NotifyMailbox) -> Mailbox:
    return Mailbox(
        host=mailbox.host,
        port=mailbox.port or _IMAP_PORTS[mailbox.security],
        security=mailbox.security,
        username=mailbox.username.reveal(),
        password=mailbox.password.reveal(),
        folder=mailbox.folder,
        poll_seconds=mailbox.poll_seconds,
    )


def _relay(relay: NotifyRelay) -> RelaySettings:
    """Its keys have the same names; what is left out is the settings' own default."""
    told = {key: getattr(relay, key) for key in NotifyRelay.model_fields}
    revealed = {key: each.reveal() if isinstance(each, Secret) else each for key, each in told.items()}
    return msgspec.convert({key: each for key, each in revealed.items() if each is not None}, RelaySettings)


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
