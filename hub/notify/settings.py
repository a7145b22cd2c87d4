"""What notification is told by the configuration, in a form that can be handed to the hub's process.

It holds addresses and passwords: it goes by stdin, and nothing of it into logs, store or bus.
"""

from typing import Literal

import msgspec

Language = Literal["vi", "en"]
ChannelKind = Literal["webhook", "smtp", "modem", "telegram", "zalo", "apprise", "relay"]
Security = Literal["tls", "starttls", "none"]
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


class Mailbox(msgspec.Struct, frozen=True):
    """Where people answer by mail (IMAP)."""

    host: str
    port: int
    security: Security
    username: str
    password: str
    folder: str = "INBOX"
    poll_seconds: float = 20.0


class RelaySettings(msgspec.Struct, frozen=True):
    """A relay: as ``[notify.channel.relay]`` says, empty where it says nothing."""

    by: Literal["modbus", "mqtt", "http", "serial"]
    fail_safe: Literal["silent", "sounds"] = "silent"
    pulse_seconds: float = 10.0
    most_seconds: float = 600.0
    button_person: str = "button"
    host: str = ""
    port: int = 502
    path: str = ""
    baud: int = 9600
    parity: Literal["N", "E", "O"] = "N"
    slave: int = 1
    coil: int = 0
    timer_coil: int | None = None
    button_input: int | None = None
    broker: str = ""
    username: str = ""
    password: str = ""
    topic: str = ""
    button_topic: str = ""
    on_text: str = "ON"
    off_text: str = "OFF"
    button_text: str = ""
    on_url: str = ""
    off_url: str = ""
    button_url: str = ""
    method: Literal["GET", "POST"] = "GET"


class Channel(msgspec.Struct, frozen=True):
    """``url`` of a webhook or of Apprise; ``base_url`` and ``token`` of a bot; ``host`` to ``sender`` and
    ``mailbox`` of a mail server; ``path`` and ``baud`` of a modem; ``relay`` of a relay.
    """

    id: str
    kind: ChannelKind
    language: Language = "vi"
    url: str = ""
    base_url: str = ""
    token: str = ""
    ca_file: str = ""
    host: str = ""
    port: int = 0
    security: Security = "none"
    username: str = ""
    password: str = ""
    sender: str = ""
    mailbox: Mailbox | None = None
    relay: RelaySettings | None = None
    to: str = ""  # where it goes when the channel itself is told: a mail address, a number, a chat id
    path: str = ""
    baud: int = 115_200
    timeout_seconds: float = 30.0


class Reach(msgspec.Struct, frozen=True):
    """Where a person is reached over a channel."""

    channel: str
    address: str


class Person(msgspec.Struct, frozen=True):
    """``id`` is the user's, as the ledger has it."""

    id: str
    language: Language
    reach: tuple[Reach, ...]


class Shift(msgspec.Struct, frozen=True):
    """Local days (0 is Monday) and minutes; one that does not end later than it begins ends tomorrow."""

    days: tuple[int, ...]
    from_minute: int
    to_minute: int
    person: str


class Schedule(msgspec.Struct, frozen=True):
    """The first shift that fits has the duty; ``otherwise`` a person for the rest."""

    id: str
    otherwise: str
    shifts: tuple[Shift, ...] = ()


class Step(msgspec.Struct, frozen=True):
    """Who is told ``after_minutes`` if nobody has acknowledged until then."""

    after_minutes: float = 0
    persons: tuple[str, ...] = ()
    schedules: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


class Chain(msgspec.Struct, frozen=True):
    """For incidents of these severities, sites and kinds of sites; nothing named: of any."""

    id: str
    steps: tuple[Step, ...]
    severities: tuple[str, ...] = ()
    site_kinds: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()


class Place(msgspec.Struct, frozen=True):
    """A site as texts name it."""

    name: str
    kind: str


class NotifySettings(msgspec.Struct, frozen=True):
    """All of ``[notify]``, with the sites' names and the installation's time zone."""

    channels: tuple[Channel, ...] = ()
    persons: tuple[Person, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    chains: tuple[Chain, ...] = ()
    places: dict[str, Place] = {}
    timezone: str = "Asia/Ho_Chi_Minh"
    gather_seconds: float = 30
    window_minutes: float = 10
    most_sites: int = 5
    remind_minutes: float = 15
    reminders: int = 5
    retry_seconds: float = 5
    tries: int = 300
    heartbeat_url: str = ""
    heartbeat_file: str = ""
    folder: str = ""  # where channels keep what has to outlive a restart; empty: nowhere

    def channel(self, name: str) -> Channel | None:
        return next((each for each in self.channels if each.id == name), None)

    def person(self, name: str) -> Person | None:
        return next((each for each in self.persons if each.id == name), None)

    def schedule(self, name: str) -> Schedule | None:
        return next((each for each in self.schedules if each.id == name), None)

    def chain_for(self, site: str, severity: str) -> Chain | None:
        """The first that fits."""
        place = self.places.get(site)
        kind = place.kind if place else ""
        for chain in self.chains:
            fits = ((chain.severities, severity), (chain.site_kinds, kind), (chain.sites, site))
            if all(not named or value in named for named, value in fits):
                return chain
        return None

    def address(self, person: str, channel: str) -> str | None:
        """Where ``person`` (empty: the channel itself) is reached over ``channel``; None: nowhere."""
        if not person:
            found = self.channel(channel)
            return found.to if found else None
        known = self.person(person)
        reach = known.reach if known else ()
        return next((each.address for each in reach if each.channel == channel), None)
