"""Gates in the store: when a thing happened, who is in, and a check that finds what was changed."""

from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.events import parse_time
from storage.admission import Stored
from storage.gate_facts import LIVE_MS, placed_ms, without_visit
from storage.gates import HOUR_MS
from storage.occupancy import after
from storage.retention import DEFAULT, VISITS, WEEK_MS
from storage.sqlite.checks.gates import check
from storage.sqlite.store import SqliteStore
from tests.conformance.gate_arrivals import VISIT, decision, gate, happened, let_in, passage, was_set
from tests.conformance.store_arrivals import DAY, NOW
from tests.conformance.store_use import maintained, write

# What somebody who can write the file may do, and which finding of the check tells.
CHANGES = {
    "UPDATE gate_hour SET seen_in = seen_in + 1": [True, True, False],
    "DELETE FROM gate_hour": [True, True, False],
    "UPDATE gate_zone SET inferred_in = 9": [True, True, False],
    "UPDATE gate_passage SET direction = 'out' WHERE scan = 'v-1:a'": [False, True, False],
    "DELETE FROM gate_passage WHERE scan IS NULL": [False, True, False],
    "UPDATE gate_decision SET current = 0 WHERE scan = 'v-1:b'": [True, False, False],
    "UPDATE gate_scan SET visit = 'v-1:somebody-else'": [False, True, True],
    "UPDATE gate_count SET count = 0": [False, True, True],
    "DELETE FROM event WHERE type = 'gate.occupancy.v1'": [False, True, True],
}


def stored(time_ms: int, received_ms: int) -> Stored:
    arrival = happened(passage("a"), gate(1), NOW)
    return Stored(1, b"", b"", arrival.event, 1, time_ms, received_ms, received_ms)


@given(st.integers(-10 * 60_000, 10 * 60_000))
def test_a_clock_that_is_off_moves_nothing(skew_ms: int) -> None:
    assert placed_ms(stored(NOW + skew_ms, NOW)) == NOW


def test_what_a_device_kept_is_placed_by_its_own_time() -> None:
    assert placed_ms(stored(NOW - LIVE_MS, NOW)) == NOW
    assert placed_ms(stored(NOW - LIVE_MS - 1, NOW)) == NOW - LIVE_MS - 1
    assert placed_ms(stored(NOW + DAY, NOW)) == NOW


@given(st.integers(-9 * HOUR_MS, 9 * HOUR_MS))
def test_after_a_moment_come_rows_of_its_hour_and_whole_hours(at_ms: int) -> None:
    found = after(at_ms)
    assert found.first_ms == at_ms + 1
    assert found.last_ms + 1 == found.hour * HOUR_MS
    assert -1 <= found.last_ms - at_ms < HOUR_MS


@given(st.integers(0, 100 * DAY))
def test_visits_go_three_weeks_after_their_week(later_ms: int) -> None:
    """The rule of the edge's keys (hub/visit_keys.py): over as soon as its week's end is 21 days ago."""
    now_ms = NOW + later_ms
    cut = DEFAULT.cut(VISITS, now_ms)
    assert (cut - parse_time("2026-11-23T00:00:00Z")) % WEEK_MS == 0
    assert cut + 21 * DAY <= now_ms < cut + 21 * DAY + WEEK_MS


def test_a_body_without_its_visit_is_as_it_was() -> None:
    scanned, *rest = let_in("a", 1)
    blank = without_visit(scanned.body, VISIT)
    assert blank == scanned.body.replace(f'"{VISIT}"'.encode(), b"null")
    assert all(without_visit(each.body, VISIT) == each.body for each in rest)


@pytest.fixture
async def file(tmp_path: Path) -> apsw.Connection:
    """A store with everything that gates tell, some of it twice said, some of it blanked."""
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    told = [*let_in("a", 1), *let_in("b", 4), happened(passage(None, "out", seen=True), gate(7), NOW)]
    again = [happened(decision("a", "hold"), gate(9), NOW + 5), happened(was_set(3), gate(8), NOW)]
    await write(store, *told, *again, *let_in("c", 10, NOW + 30 * DAY))
    await maintained(store, NOW + 30 * DAY)
    await store.close()
    return apsw.Connection(str(tmp_path / "store.db"))


async def test_a_store_of_gates_holds(file: apsw.Connection) -> None:
    assert [finding.good for finding in check(file)] == [True, True, True]
    assert file.execute("SELECT count(*), count(visit) FROM gate_scan").fetchone() == (3, 1)


@pytest.mark.parametrize("sql", CHANGES)
async def test_what_was_changed_is_found(file: apsw.Connection, sql: str) -> None:
    file.execute(sql)
    assert [finding.good for finding in check(file)] == CHANGES[sql]
