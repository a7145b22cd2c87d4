"""What notification is told by the configuration, in a form that can be handed to the hub's process.

It holds addresses and passwords: it goes by stdin, and nothing of it into logs, store or bus.
"""

from typing import Literal

import msgspec

Language = Literal["vi", "en"]
ChannelKind = Literal["webhook", "smtp", "modem"]
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


class Channel(msgspec.Struct, frozen=True):
    """``url`` of a webhook; ``host`` to ``sender`` of a mail server; ``path`` and ``baud`` of a modem."""

    id: str
    kind: ChannelKind
    language: Language = "vi"
    url: str = ""
    host: str = ""
    port: int = 0
    security: Literal["tls", "starttls", "none"] = "none"
    username: str = ""
    password: str = ""
    sender: str = ""
    to: str = ""  # where it goes when the channel itself is told: a mail address, a number
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
