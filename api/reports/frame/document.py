"""What of a report is hashed: question, answer, where each number came from; never when it was made."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import msgspec

from api.reports.frame.content import Content
from api.reports.frame.tabular import NOT_ASKED_OF_DATA, AsOf, TabularQuery, TabularReport
from hub.events import format_time

_canonical: Final = msgspec.json.Encoder(order="sorted").encode
STORE_DIGITS = 8
Question = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Document:
    """``query`` is the canonical question: with it and ``report`` a revision is found again."""

    report: str
    version: int
    query: Question
    timezone: str
    cutoff: str
    content: Content

    def canonical(self) -> bytes:
        """JSON in UTF-8, sorted keys, no spaces: what the hash is made of."""
        return _canonical(self)

    def digest(self) -> str:
        """SHA-256, in hex."""
        return sha256(self.canonical()).hexdigest()


@dataclass(frozen=True, slots=True)
class Copy:
    """A report as it is handed out. ``revision`` None: not registered, because the hub was away.

    ``up_to``: the log number with which this revision was first told.
    """

    document: Document
    sha256: str
    store: str
    up_to: int
    revision: int | None


def question(asked: TabularQuery, as_of: AsOf, audience: str, scope: str) -> Question:
    """What was asked, with what it left out: the day, who it is told to, their part of the province."""
    told = asked.model_dump(mode="json", by_alias=True, exclude=set(NOT_ASKED_OF_DATA), exclude_none=True)
    told |= {"date": as_of.day.isoformat(), "audience": audience}
    return told | {"scope": scope} if scope else told


def canonical_question(asked: Question) -> str:
    """As the store keeps it."""
    return _canonical(asked).decode()


def document(report: TabularReport, asked: Question, as_of: AsOf, content: Content) -> Document:
    return Document(report.name, report.version, asked, as_of.zone.key, format_time(as_of.cutoff_ms), content)


def body(copy: Copy) -> dict[str, Any]:
    """The copy as JSON: ``report`` is what ``sha256`` is made of."""
    return {
        "sha256": copy.sha256,
        "revision": copy.revision,
        "up_to": copy.up_to,
        "store": copy.store[:STORE_DIGITS],
        "report": copy.document,
    }
