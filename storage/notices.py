"""What the store keeps of notices: the outbox, a row for each person, channel and occasion.

  WAITING    to be sent when ``due_ms`` comes    DEAD      given up, until a person decides
  DELIVERED  the channel took it                 SKIPPED   not needed any more, or a person decided against it
Rows are made in the transaction of the ledger's entry that causes them, and never hold an address.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

NoticeState = Literal["WAITING", "DELIVERED", "DEAD", "SKIPPED"]
NoticeKind = Literal["RAISED", "REMINDER", "RETURNED", "WITHDRAWN"]


class NoticeRow(NamedTuple):
    """One notice. ``key`` is made of what it is about, so that it cannot be made twice.

    ``step`` of the chain, the first is 0; ``urgent``: 1 is never held back; ``message``: under which name it
    was first sent, alone or with others, empty before; ``reply``: the code that acknowledges it.
    """

    key: str
    incident: str
    site: str
    kind: NoticeKind
    step: int
    person: str  # empty: the channel itself is told
    channel: str
    urgent: int
    due_ms: int
    state: NoticeState
    tries: int
    code: str
    message: str
    reply: str
    made_ms: int
    at_ms: int
    body: bytes


class Stop(NamedTuple):
    """What still waits about an incident is not needed; ``due``: also what was due already."""

    incident: str
    code: str
    at_ms: int
    due: bool


class TellTold(NamedTuple):
    """Everybody who was told of the incident, or is just being told, hears this as well."""

    incident: str
    site: str
    kind: NoticeKind
    entry: int
    urgent: int
    due_ms: int
    at_ms: int
    body: bytes


class ToldElsewhere(NamedTuple):
    """An edge has told this person of the incident, or a channel itself: what waits counts as delivered.

    ``channel`` is empty where a person was told: over whichever. Reminders stay: they are about an answer
    that did not come.
    """

    incident: str
    person: str
    channel: str
    code: str
    at_ms: int


class Claim(NamedTuple):
    """These rows go out together, as one message, again under the same name if need be."""

    keys: Sequence[str]
    message: str
    reply: str
    at_ms: int


class Settle(NamedTuple):
    """What became of a row; WAITING: it is due again at ``due_ms``, with one try more."""

    key: str
    state: NoticeState
    code: str
    due_ms: int
    at_ms: int


class Decide(NamedTuple):
    """A person decided about what was given up: one row, or all (empty ``key``)."""

    key: str
    state: Literal["WAITING", "SKIPPED"]
    at_ms: int


@dataclass(frozen=True, slots=True)
class NoticeChanges:
    """Written in this order. ``forget_before_ms``: settled rows older than that go."""

    stops: Sequence[Stop] = ()
    tells: Sequence[TellTold] = ()
    new: Sequence[NoticeRow] = ()
    claims: Sequence[Claim] = ()
    settles: Sequence[Settle] = ()
    decisions: Sequence[Decide] = ()
    elsewhere: Sequence[ToldElsewhere] = ()
    forget_before_ms: int | None = None

    def __bool__(self) -> bool:
        parts = (self.stops, self.tells, self.new, self.claims, self.settles, self.decisions, self.elsewhere)
        return any(parts) or self.forget_before_ms is not None


class RecentNotice(NamedTuple):
    """A message that went out, or is going out, to somebody about a site; urgent ones are not counted."""

    person: str
    channel: str
    site: str
    message: str
    at_ms: int


class NoticeCounts(NamedTuple):
    """``next_ms``: when the next one after now is due, None: no further one waits."""

    next_ms: int | None
    waiting: int
    dead: int


class NoticeReader(Protocol):
    """Part of StoreReader."""

    async def notices_due(self, now_ms: int, *, limit: int) -> list[NoticeRow]:
        """Notices that wait and are due: urgent ones first, then those that wait longest."""
        ...

    async def notices(self, state: NoticeState, *, limit: int) -> list[NoticeRow]:
        """Those whose state changed last come first."""
        ...

    async def recent_notices(self, since_ms: int) -> list[RecentNotice]:
        """What was sent, or tried, after ``since_ms``; urgent ones are left out."""
        ...

    async def notice_counts(self, now_ms: int) -> NoticeCounts: ...

    async def incidents_noticed(self) -> set[str]:
        """The incidents of which there is a notice, in any state."""
        ...

    async def incidents_answered(self, reply: str, person: str, since_ms: int) -> list[str]:
        """The incidents that the message with this code told this person of."""
        ...
