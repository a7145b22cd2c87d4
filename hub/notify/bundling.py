"""Due notices to messages: one a site within a window, one summary for many sites. Pure.

What is urgent waits for nothing. Rows that were sent together once go out together again, under the same
name, so that whoever received them can tell.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from storage.notices import NoticeRow, RecentNotice

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is taken for another
REPLY_LETTERS = 4
NAME_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Message:
    """What goes out at once. ``name`` comes from its rows; ``fresh``: it was never tried."""

    name: str
    reply: str
    person: str
    channel: str
    rows: tuple[NoticeRow, ...]
    fresh: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """``window_ms`` 0: every notice goes alone and at once."""

    window_ms: int
    most_sites: int


def bundle(
    due: Iterable[NoticeRow], recent: Iterable[RecentNotice], policy: Policy, now_ms: int
) -> tuple[list[Message], int | None]:
    """The messages to send now, and when something that is held back may go."""
    again: defaultdict[tuple[str, str, str], list[NoticeRow]] = defaultdict(list)
    fresh: defaultdict[tuple[str, str], list[NoticeRow]] = defaultdict(list)
    for row in due:
        if row.message:
            again[row.person, row.channel, row.message].append(row)
        else:
            fresh[row.person, row.channel].append(row)
    messages = [_again(rows) for rows in again.values()]
    told: defaultdict[tuple[str, str], list[RecentNotice]] = defaultdict(list)
    for each in recent:
        if each.at_ms > now_ms - policy.window_ms:
            told[each.person, each.channel].append(each)
    held: list[int] = []
    for target, rows in fresh.items():
        made, until_ms = _for_target(rows, told[target], policy)
        messages += made
        held += [] if until_ms is None else [until_ms]
    return messages, min(held, default=None)


def _for_target(
    rows: Sequence[NoticeRow], told: Sequence[RecentNotice], policy: Policy
) -> tuple[list[Message], int | None]:
    if not policy.window_ms:
        return [_new([row]) for row in rows], None
    messages = [_new(each) for each in _by_site(row for row in rows if row.urgent)]
    last = {each.site: each.at_ms for each in sorted(told, key=lambda each: each.at_ms)}
    calm = list(_by_site(row for row in rows if not row.urgent))
    ready = [each for each in calm if each[0].site not in last]
    held = [last[each[0].site] + policy.window_ms for each in calm if each[0].site in last]
    sent = {each.message: each.at_ms for each in told}
    if len(sent) + len(ready) <= policy.most_sites:
        messages += [_new(each) for each in ready]
    elif len(sent) <= policy.most_sites:
        messages.append(_new([row for each in ready for row in each]))
    elif ready:
        held.append(min(sent.values()) + policy.window_ms)
    return messages, min(held, default=None)


def _by_site(rows: Iterable[NoticeRow]) -> Iterator[list[NoticeRow]]:
    sites: defaultdict[str, list[NoticeRow]] = defaultdict(list)
    for row in rows:
        sites[row.site].append(row)
    yield from sites.values()


def _again(rows: Sequence[NoticeRow]) -> Message:
    first = rows[0]
    return Message(first.message, first.reply, first.person, first.channel, tuple(rows), fresh=False)


def _new(rows: Sequence[NoticeRow]) -> Message:
    digest = sha256("\n".join(sorted(row.key for row in rows)).encode())
    number, reply = int.from_bytes(digest.digest()[-8:]), ""
    for _ in range(REPLY_LETTERS):
        number, place = divmod(number, len(LETTERS))
        reply += LETTERS[place]
    first = rows[0]
    name = digest.hexdigest()[:NAME_DIGITS]
    return Message(name, reply, first.person, first.channel, tuple(rows), fresh=True)
