"""What must be true when the load has ended and the spool is drained, read from the databases themselves."""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from hub.streams.clock import now_ms
from tests.fire.analyzers import Ledger
from tests.fire.database import Database, SqliteDatabase, Value
from tests.fire.installation import Installation
from tests.fire.patience import until_told
from tests.fire.scrapes import Figures, Scrapes

DRAIN_SECONDS = 90.0
OWN_WORD_MS = 5000  # an edge tells of itself at any time; such a row may be on its way
Fact = tuple[str, str]
"""Specimen and test."""


@dataclass(slots=True)
class Findings:
    """``inversions``: log entries of an edge that stand before one of a lower (epoch, seq): healed gaps."""

    acknowledged: int = 0
    facts: int = 0
    events: int = 0
    epochs: int = 0
    inversions: int = 0
    lost: list[Any] = field(default_factory=list)
    twice: list[Any] = field(default_factory=list)
    strangers: list[Any] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> list[str]:
        """Empty when all is well."""
        named = (("lost", self.lost), ("twice", self.twice), ("never sent", self.strangers))
        return [f"{len(rows)} {what}: {rows[:5]}" for what, rows in named if rows] + self.problems


async def drained(installation: Installation, scrapes: Scrapes, seconds: float = DRAIN_SECONDS) -> Figures:
    """Wait until nothing waits in the spool and before the store; gives the edge's last figures."""
    figures: Figures = {}

    async def empty() -> bool:
        edge = await scrapes.scrape(installation.edge_role)
        hub = await scrapes.scrape(installation.hub_role)
        if edge is None or hub is None:
            return False
        figures.update(edge)
        return not (
            edge["spool_events_waiting"] or edge["edge_messages_in_flight"] or hub["hub_events_waiting"]
        )

    await until_told(empty, "the spool is drained", seconds)
    return figures


def examine(installation: Installation, ledger: Ledger, corrected: Collection[Fact] = ()) -> Findings:
    """Every acknowledged fact exactly once, nothing else, all in order; for a drained installation.

    ``corrected``: facts that have a second version.
    """
    store = installation.database
    findings = Findings(acknowledged=len(ledger.acknowledged))
    if not ledger.acknowledged:
        findings.problems.append("nothing was acknowledged: there is nothing to find")
    stored = stored_facts(store)
    findings.facts, findings.lost = len(stored), sorted(ledger.facts(ledger.acknowledged) - stored.keys())
    findings.twice = [fact for fact, count in stored.items() if count > 1 + (fact in corrected)]
    findings.strangers = sorted(stored.keys() - ledger.facts(ledger.sent))
    _check_tables(store, findings, len(corrected))
    _check_order(store, installation.edge, findings)
    _check_watermarks(store, SqliteDatabase(installation.spool), installation.edge, findings)
    return findings


def stored_facts(store: Database) -> Counter[tuple[str, str]]:
    """(specimen, test) of every lab result in the log."""
    bodies = store.rows("SELECT body FROM event WHERE type = 'lab.result.v1'")
    data = (json.loads(body)["data"] for (body,) in bodies)
    return Counter((each["specimen"], each["test"]["code"]) for each in data)


def alarms(store: Database) -> Counter[str]:
    """Kinds of alarm.v1 in the log."""
    bodies = store.rows("SELECT body FROM event WHERE type = 'alarm.v1'")
    return Counter(json.loads(body)["data"]["kind"] for (body,) in bodies)


def _check_tables(store: Database, findings: Findings, corrected: int) -> None:
    facts = _one(store, "SELECT count(*) FROM lab_fact")
    current = _one(store, "SELECT count(*) FROM lab_result WHERE current")
    versions = _one(store, "SELECT count(*) FROM lab_result")
    if not facts == current == versions - corrected == findings.facts:
        findings.problems.append(
            f"{findings.facts} facts in the log, {facts} in lab_fact, {versions} versions, {current} current"
        )
    logged, counted = next(store.rows("SELECT (SELECT count(*) FROM event), events FROM store"))
    if logged != counted:
        findings.problems.append(f"{logged} events in the log, {counted} by the store's own count")
    for table in ("poison", "hole"):
        if rows := _one(store, f"SELECT count(*) FROM {table}"):
            findings.problems.append(f"{rows} rows of {table}")
    if damage := store.damage():
        findings.problems.append(f"store: {damage}")


def _check_order(store: Database, edge: str, findings: Findings) -> None:
    """Log numbers grow; (epoch first seen, seq) is used once, and only healed gaps stand out of turn."""
    seen: set[tuple[int, int]] = set()
    highest = (0, 0)
    sql = "SELECT number, epoch, seq FROM event WHERE edge = ? ORDER BY number"
    for _, epoch, seq in store.rows(sql, edge):
        findings.events += 1
        if (epoch, seq) in seen:
            findings.problems.append(f"epoch {epoch} seq {seq} stands in the log twice")
        seen.add((epoch, seq))
        findings.inversions += (epoch, seq) < highest
        highest = max(highest, (epoch, seq))


def _check_watermarks(store: Database, spool: Database, edge: str, findings: Findings) -> None:
    """What the edge believes of its epochs is what the store has; nothing in the spool is without receipt."""
    marks: dict[str, int] = dict(store.rows("SELECT epoch, seq FROM epoch WHERE edge = ?", edge))
    findings.epochs = len(marks)
    for number, epoch, receipt in spool.rows("SELECT number, epoch, receipt_seq FROM epoch"):
        if marks.get(epoch, 0) < receipt:
            findings.problems.append(
                f"receipt {receipt} of an epoch that the store has up to {marks.get(epoch)}"
            )
        waiting = _one(
            spool,
            "SELECT count(*) FROM event WHERE n > ? AND n < ? AND received_ms < ?",
            number << 32 | receipt,
            (number + 1) << 32,
            now_ms() - OWN_WORD_MS,
        )
        if waiting:
            findings.problems.append(f"{waiting} rows of epoch {number} have no receipt")
    if damage := spool.damage():
        findings.problems.append(f"spool: {damage}")


def _one(database: Database, sql: str, *values: Value) -> int:
    return int(next(database.rows(sql, *values))[0])
