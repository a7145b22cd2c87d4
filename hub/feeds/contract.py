"""What a kind of destination gives: a Feed, which is pure, and a Line, which sends (docs/feeds.md).

A kind is a module ``hub.feeds.kinds.<kind>`` with ``open_feed(settings) -> Opened``. What is due, order,
pauses, dead letters, replay and counting are the deliverer's and the same for every kind.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Literal, NamedTuple, Protocol

import msgspec

from hub.events import Event

Outcome = Literal["taken", "again", "dead", "gone"]


class FeedSettings(msgspec.Struct, frozen=True):
    """One destination as a process is told it; ``options`` are its kind's own, secrets among them.

    ``types`` are patterns (``lab.*``), ``sites`` ids; empty is all. ``begin``: where one that is new begins.
    ``target``: a digest of where it goes; another one under the same name begins anew.
    """

    name: str
    kind: str
    target: str
    types: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    begin: Literal["now", "log"] = "now"
    at_once: int = 8
    options: Mapping[str, Any] = {}

    def __repr__(self) -> str:
        return f"FeedSettings({self.name})"


class Told(NamedTuple):
    """An event of the log with its number; ``body``: its bytes as they are stored."""

    number: int
    event: Event
    body: bytes


class Message(NamedTuple):
    """What is sent for one event. ``id`` is the same however often it is sent: a receiver knows it again.

    ``method`` and ``path`` are for kinds that speak HTTP; ``path`` is put behind the destination's address.
    """

    id: str
    body: bytes
    content_type: str
    method: str = "POST"
    path: str = ""


class Answer(NamedTuple):
    """What became of a message. ``code`` is ours (``http.503``, ``no_answer``), never the receiver's words.

    taken: it has had its effect, or had it before. again: try it later. dead: it will never be taken as it
    is. gone: the receiver wants nothing more at all, the destination is disabled.
    """

    outcome: Outcome
    code: str
    retry_after_s: float | None = None


class Unsendable(ValueError):
    """An event that this kind cannot write; the text is a code. It becomes a dead letter."""


class Feed(ABC):
    """What a destination wants and how it is written. Pure: no clock, no socket, no store."""

    def __init__(self, settings: FeedSettings) -> None:
        self.settings = settings

    def wants_type(self, event_type: str) -> bool:
        """By type alone, before anything is decoded."""
        types = self.settings.types
        return not types or any(fnmatchcase(event_type, pattern) for pattern in types)

    def wants(self, event: Event) -> bool:
        """Of the types wanted."""
        sites = self.settings.sites
        return not sites or event.site in sites

    def order_of(self, event: Event) -> str:
        """Events with one order are sent one after the other, by number; all else side by side.

        Versions of one fact (source and subject) if a kind does not say otherwise.
        """
        return f"{event.source}\n{event.subject}"

    @abstractmethod
    def message(self, told: Told, found: Any = None) -> Message:
        """The same bytes for the same event; raises Unsendable. ``found``: what ``Looks.look`` gave."""


class Line(Protocol):
    """The way to a receiver; made without touching anything, opened by the first ``send``."""

    async def send(self, message: Message) -> Answer:
        """Bounded in time; raises nothing but a cancel. Called at most ``at_once`` times side by side."""
        ...

    async def close(self) -> None: ...


class Looks(Protocol):
    """A kind that writes what stands in the store, and not what an event said (a day's totals, say)."""

    async def look(self, reader: Any, told: Told) -> Any:
        """Handed to ``Feed.message``; raises StoreUnavailable: it is tried again."""
        ...


class Opened(NamedTuple):
    """One destination, ready to be delivered to."""

    feed: Feed
    line: Line
    looks: Looks | None = None
