"""The ledgers of one fridge-year whose readings came in another order each time."""

import random
from collections.abc import Iterable
from typing import NamedTuple

from hub.alarms.incidents.book import Book, Finding
from hub.alarms.incidents.by_data import ledger_of
from hub.alarms.incidents.entries import Entry, entry_bytes, verify
from hub.alarms.rules import Rule
from tests.alarm_reference import engine
from tests.alarm_reference.agreement import LARGEST_BATCH, SETTLED, batches
from tests.alarm_reference.replay import DEVICE, Replay
from tests.alarm_reference.years import TEMPERATURE, FridgeYear, rules

SITE = "store-1"


def ledger_of_all_at_once(year: FridgeYear, order: int) -> bytes:
    """All arrives in a random order, then is assessed once: what is entered, and what a replay enters."""
    chance = random.Random(order)
    replay = Replay(rules(year, year.ends), year.begins)
    replay.calibrate(TEMPERATURE, year.calibrations)
    replay.add(chance.sample(year.arrivals, len(year.arrivals)))
    now = year.ends + SETTLED
    replay.assess(now)
    episodes = [episode for told in replay.told.values() for episode in told]
    versions = [engine.in_force(one).rule for one in replay.judged]
    entered = Book().assess(_findings(replay, replay.told, now, chance), now)
    again = ledger_of(chance.sample(episodes, len(episodes)), versions, now)
    return as_bytes(entered) + as_bytes(again)


def ledger_of_batches(year: FridgeYear, order: int) -> bytes:
    """The readings come as they came, but each assessment's in another order: what is entered at each."""
    return as_bytes(in_batches(year, order).entries)


class Kept(NamedTuple):
    """What was entered, the book that entered it, and what the evaluator told last."""

    entries: list[Entry]
    book: Book
    replay: Replay


def in_batches(year: FridgeYear, order: int, largest: int = LARGEST_BATCH) -> Kept:
    """``largest``: of the batches of readings between two assessments."""
    chance = random.Random(order)
    replay, book, entries = Replay(rules(year, year.begins), year.begins), Book(), list[Entry]()
    for batch in batches(year, (largest,)):
        replay.judge_by(rules(year, batch.now))
        replay.calibrate(TEMPERATURE, year.calibrations_at(batch.now))
        replay.add(chance.sample(batch.new, len(batch.new)))
        changed = {(change.series.metric, change.rule) for change in replay.assess(batch.now)}
        entries += book.assess(_findings(replay, changed, batch.now, chance), batch.now)
    return Kept(entries, book, replay)


def _findings(
    replay: Replay, keys: Iterable[tuple[str, str]], now: int, chance: random.Random
) -> list[Finding]:
    """In any order, which does not matter either."""
    findings = [
        Finding(SITE, DEVICE, _in_force(replay, *key, now), tuple(replay.told[key])) for key in sorted(keys)
    ]
    chance.shuffle(findings)
    return findings


def _in_force(replay: Replay, metric: str, code: str, now: int) -> Rule:
    """The version that is in force, or the last that was."""
    versions = [engine.in_force(one) for one in replay.judged if (one.metric, one.code) == (metric, code)]
    return max(
        (one for one in versions if one.from_ms is None or one.from_ms <= now),
        key=lambda one: one.from_ms or 0,
    ).rule


def as_bytes(entries: list[Entry]) -> bytes:
    """AssertionError where the chain is broken."""
    assert verify(entries) is None
    return b"\n".join(entry_bytes(entry) + entry.hash.encode() for entry in entries)
