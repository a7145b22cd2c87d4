"""``[notify]``: who is told of alarms, how and when (docs/notify.md)."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from hub.config.fields import Folder, Id, wrong
from hub.config.notify_channel import NotifyChannel
from hub.config.section import Section
from hub.secret import Secret

Severity = Literal["info", "warning", "critical"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
SiteKindName = Literal[
    "hospital", "field-hospital", "quarantine", "vaccine-store", "clinic", "office", "workplace"
]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST = 1000


def _clock(text: str) -> str:
    hour, _, minute = text.partition(":")
    if not (
        len(text) == 5 and hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60
    ):
        raise wrong("must be a time of day like 07:30")
    return text


Clock = Annotated[str, StringConstraints(max_length=5), AfterValidator(_clock)]


class NotifyReach(Section):
    """Where a person is reached."""

    TITLES = ("An address", "Địa chỉ")

    channel: Id = Field(description="The channel's id.")
    address: Secret = Field(description="Telephone number, mail address or chat id there.")


class NotifyPerson(Section):
    """Somebody who is told. Numbers and addresses stay in files of their own, or the environment."""

    TITLES = ("Persons who are told", "Người nhận thông báo")

    id: Id = Field(description="The user's id: ledger and bus have it, so no name.", examples=["u-3fb1c2aa"])
    language: Literal["vi", "en"] = Field(default="vi", description="Language of the texts.")
    reach: tuple[NotifyReach, ...] = Field(
        min_length=1,
        max_length=10,
        description="All of these are used.",
        examples=[[{"channel": "sms-gateway", "address": {"file": "secrets/number-an"}}]],
    )


class NotifyShift(Section):
    """A weekly shift."""

    TITLES = ("A shift", "Ca trực")

    days: tuple[Day, ...] = Field(
        default=DAYS, min_length=1, max_length=7, description="Days on which it begins."
    )
    begin: Clock = Field(alias="from", description="Local time of day.")
    end: Clock = Field(alias="to", description="Local time; not later than from: on the next day.")
    person: Id = Field(description="Who has the duty.")


class NotifySchedule(Section):
    """Who has the duty when, in the time zone of [hub]."""

    TITLES = ("Duty rosters", "Lịch trực")

    id: Id = Field(description="Unique.", examples=["province"])
    otherwise: Id = Field(description="Who has the duty when no shift fits.", examples=["u-3fb1c2aa"])
    shifts: tuple[NotifyShift, ...] = Field(
        default=(),
        max_length=100,
        description="The first that fits.",
        examples=[[{"days": ["mon", "fri"], "from": "17:00", "to": "07:00", "person": "u-3fb1c2aa"}]],
    )


class NotifyStep(Section):
    """One step of a chain."""

    TITLES = ("A step", "Bước")

    after_minutes: float = Field(
        default=0, ge=0, le=10_080, description="Told when nobody has acknowledged for so long."
    )
    persons: tuple[Id, ...] = Field(
        default=(), max_length=100, description="Persons, over all their channels."
    )
    schedules: tuple[Id, ...] = Field(default=(), max_length=20, description="Whoever has the duty then.")
    channels: tuple[Id, ...] = Field(
        default=(), max_length=20, description="Channels themselves, without a person."
    )


class NotifyChain(Section):
    """Who is told first and who after them. The first chain that fits an incident is used."""

    TITLES = ("Escalation chains", "Chuỗi báo động")

    id: Id = Field(description="Unique.", examples=["cold-chain"])
    severities: tuple[Severity, ...] = Field(
        default=(), description="Only for these; all if left out.", examples=[["warning", "critical"]]
    )
    site_kinds: tuple[SiteKindName, ...] = Field(
        default=(), description="Only at sites of these kinds; all if left out.", examples=[["vaccine-store"]]
    )
    sites: tuple[Id, ...] = Field(
        default=(), max_length=MOST, description="Only at these sites; all if left out."
    )
    steps: tuple[NotifyStep, ...] = Field(
        min_length=1,
        max_length=20,
        description="In order of time.",
        examples=[
            [
                {"persons": ["u-3fb1c2aa"]},
                {"after_minutes": 15, "schedules": ["province"]},
            ]
        ],
    )


class NotifySection(Section):
    """Notices of alarms: without a chain nobody is told."""

    TITLES = ("Notices", "Thông báo")

    gather_seconds: float = Field(
        default=30,
        ge=0,
        le=600,
        description="How long a notice waits for others of its site; measured heat and frost do not.",
    )
    window_minutes: float = Field(
        default=10,
        ge=0,
        le=240,
        description="Within it one notice a site and person; 0: each alone. Measured heat and frost go.",
    )
    most_sites: int = Field(
        default=5,
        strict=True,
        ge=1,
        le=100,
        description="Notices of single sites within the window; of more sites one summary tells.",
    )
    remind_minutes: float = Field(
        default=15, gt=0, le=1440, description="First pause before a reminder; pauses double."
    )
    reminders: int = Field(
        default=5, strict=True, ge=0, le=10, description="How many, while nobody acknowledges."
    )
    retry_seconds: float = Field(
        default=5, gt=0, le=600, description="First pause before the next try; pauses double up to 60 of it."
    )
    tries: int = Field(
        default=300,
        strict=True,
        ge=1,
        le=100_000,
        description="How often one is tried before it is given up.",
    )
    heartbeat_url: Secret | None = Field(
        default=None,
        description="Asked once a minute (GET) while the hub works: a watchdog elsewhere misses it.",
        examples=[{"file": "secrets/heartbeat-url"}],
    )
    heartbeat_file: Folder | None = Field(
        default=None,
        description="File whose time is new once a minute while the hub works.",
        examples=["heartbeat"],
    )
    channels: tuple[NotifyChannel, ...] = Field(
        default=(), alias="channel", max_length=MOST, description="See [[notify.channel]]."
    )
    persons: tuple[NotifyPerson, ...] = Field(
        default=(), alias="person", max_length=MOST, description="See [[notify.person]]."
    )
    schedules: tuple[NotifySchedule, ...] = Field(
        default=(), alias="schedule", max_length=MOST, description="See [[notify.schedule]]."
    )
    chains: tuple[NotifyChain, ...] = Field(
        default=(), alias="chain", max_length=MOST, description="See [[notify.chain]]."
    )
