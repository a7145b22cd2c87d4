"""What the data alone say, in the order of time: the ledger of a replay, without people and channels."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from hub.alarms.episodes import Episode
from hub.alarms.incidents.book import Book, Finding, Key
from hub.alarms.incidents.entries import Entry, Head, chained, head_of
from hub.alarms.incidents.matching import groups_of
from hub.alarms.incidents.standing import end_ms
from hub.alarms.rules import INFINITE, Rule

Versions = Mapping[tuple[str, str, str], Rule]  # by code, metric and version


def ledger_of(episodes: Iterable[Episode], rules: Iterable[Rule], now_ms: int) -> list[Entry]:
    """RAISED, EXTENDED (a step was reached) and RETURNED of all episodes until ``now_ms``, chained.

    As if everything had been known at once, ``worst`` too. ``rules`` has every version that an episode names;
    raises KeyError for one that is missing. The same bytes for the same episodes, in whatever order.
    """
    versions = {(rule.code, rule.metric, rule.version): rule for rule in rules}
    by_key: defaultdict[Key, list[Episode]] = defaultdict(list)
    for episode in episodes:
        by_key[episode.device, episode.metric, episode.rule].append(episode)
    found: list[Entry] = []
    for key in sorted(by_key):
        for group in groups_of(by_key[key]):
            found += _of_group(group, versions, now_ms)
    return list(_chain(sorted(found, key=lambda entry: entry.at_ms)))


def as_of(episode: Episode, rule: Rule, at_ms: int) -> Episode | None:
    """The episode as one saw it at ``at_ms``; None before it was raised."""
    if episode.raised_at_ms > at_ms:
        return None
    cleared_ms = episode.cleared_at_ms if end_ms(episode) <= at_ms else None
    severity = rule.severity
    for step in rule.steps:
        reached_ms = episode.start_ms + step.after_ms
        if reached_ms <= at_ms and reached_ms < end_ms(episode):
            severity = step.severity
    return replace(episode, cleared_at_ms=cleared_ms, severity=severity)


def _of_group(group: list[Episode], versions: Versions, now_ms: int) -> Iterator[Entry]:
    """By asking anew at each instant at which something changes."""
    ruled = [(episode, versions[episode.rule, episode.metric, episode.version]) for episode in group]
    newest = max(ruled, key=lambda each: (each[0].raised_at_ms, each[0].start_ms, each[0].version))[1]
    instants = sorted({at for each in ruled for at in _instants(*each) if at <= now_ms})
    book = Book()
    for at_ms in instants:
        seen = [found for episode, rule in ruled if (found := as_of(episode, rule, at_ms))]
        in_time = replace(newest, hold_ms=INFINITE)
        yield from book.assess([Finding("", group[0].device, in_time, tuple(seen))], at_ms)


def _instants(episode: Episode, rule: Rule) -> Iterator[int]:
    yield episode.raised_at_ms
    if episode.cleared_at_ms is not None:
        yield episode.cleared_at_ms
    yield from (episode.start_ms + step.after_ms for step in rule.steps)


def _chain(entries: Iterable[Entry]) -> Iterator[Entry]:
    head = Head()
    for entry in entries:
        made = chained(head, entry)
        head = head_of(made)
        yield made
