"""``epihub verify`` and ``epihub verify alarms`` name the first entry that was touched, and what is amiss."""

from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest

from hub.alarms.incidents.actions import Acknowledge, TakeOut
from hub.backup.verify import verify_alarms
from hub.runtime.alarm_ledger import AlarmLedger
from storage.sqlite.checks.alarms import EVENTS, INCIDENTS, LEDGER, check
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.alarms.incidents.made import FRIDGE, MINUTE, SITE, episode, finding
from tests.cli.test_commands import Run, run  # noqa: F401  the fixture

NURSE = "3fb1c2aa"


@pytest.fixture
async def path(tmp_path: Path) -> AsyncIterator[Path]:
    """A store with five entries of two incidents and a device."""
    path = tmp_path / "store.db"
    store = SqliteStore(path)
    await store.open()
    ledger = AlarmLedger(store, lambda: SqliteReader(path), lambda _: None, lambda: 200 * MINUTE)
    (first, _) = await ledger.enter(
        lambda book: book.assess([finding(episode(0, 100), episode(120))], 180 * MINUTE)
    )
    await ledger.act(first.incident, Acknowledge(NURSE, "đã xem"))
    await ledger.act_on_device(SITE, FRIDGE, TakeOut(NURSE, "sửa"))
    yield path
    await store.close()


def changing(table: str, number: int, old: str, new: str) -> str:
    """A part of a body put in the place of another."""
    text = f"replace(CAST(body AS TEXT), '{old}', '{new}')"
    return f"UPDATE {table} SET body = CAST({text} AS BLOB) WHERE number = {number}"


async def proof(path: Path) -> dict[str, str]:
    """What is wrong, as each of the two ways finds it."""
    reader = SqliteReader(path)
    await reader.open()
    try:
        live = {found.what: found.detail for found in await verify_alarms(reader) if not found.good}
    finally:
        await reader.close()
    connection = apsw.Connection(str(path))
    try:
        whole = {found.what: found.detail for found in check(connection) if not found.good}
    finally:
        connection.close()
    assert {what: told for what, told in whole.items() if what != EVENTS} == live
    return whole


async def test_a_ledger_as_it_was_written_holds(path: Path) -> None:
    assert await proof(path) == {}


@pytest.mark.parametrize(
    ("sql", "what", "told"),
    [
        (
            "UPDATE incident_entry SET at_ms = at_ms + 1 WHERE number = 3",
            LEDGER,
            "entry 3: ledger.wrong_column",
        ),
        (
            changing("incident_entry", 3, "3fb1c2aa", "3fb1c2ab"),
            LEDGER,
            "entry 3: ledger.broken_chain",
        ),
        ("UPDATE incident_entry SET body = x'00' WHERE number = 2", LEDGER, "entry 2: ledger.unreadable"),
        ("DELETE FROM incident_entry WHERE number = 2", LEDGER, "entry 2: ledger.wrong_number"),
        ("DELETE FROM incident_entry WHERE number = 5", LEDGER, "entry 5: ledger.cut_short"),
        ("UPDATE alarm_progress SET hash = zeroblob(32)", LEDGER, "entry 6: ledger.cut_short"),
        ("UPDATE incident SET state = 'CLOSED' WHERE opened = 2", INCIDENTS, "1: "),
        ("UPDATE incident SET standing = x'7b7d' WHERE opened = 2", INCIDENTS, "1: "),
        ("DELETE FROM incident WHERE opened = 2", INCIDENTS, "is missing"),
        ("DELETE FROM event WHERE type = 'alarm.v1' AND number = 2", EVENTS, "not told: 1"),
        (
            changing("event", 1, '"hash":"', '"hash":"0'),
            EVENTS,
            "log number 1",
        ),
    ],
)
async def test_what_was_touched_is_named(path: Path, sql: str, what: str, told: str) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(sql)
    connection.close()
    found = await proof(path)
    assert told in found[what]


@pytest.mark.slow
def test_the_command(path: Path, run: Run) -> None:  # noqa: F811
    ended = run("verify", "alarms", "--data", path.parent)
    assert (ended.code, "5 entries" in ended.out) == (0, True)
    connection = apsw.Connection(str(path))
    connection.execute("UPDATE incident_entry SET kind = 'COMMENTED' WHERE number = 4")
    connection.close()
    ended = run("verify", "alarms", "--data", path.parent)
    assert ended.code == 1
    assert "!!  sổ sự cố / ledger of incidents: entry 4: ledger.wrong_column" in ended.out
