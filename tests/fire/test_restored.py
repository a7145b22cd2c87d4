"""Copies put back and files wiped: nothing is lost that was receipted or is still at the edge."""

import shutil
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests.fire.analyzers import TESTS
from tests.fire.campaign import Run, running
from tests.fire.copies import copy_database, put_back, remove_database
from tests.fire.installation import EDGE, LAYOUTS, Layout
from tests.fire.oracle import alarms, drained, examine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_a_broker_that_lost_its_disk_costs_nothing(tmp_path: Path, layout: Layout) -> None:
    async with running(tmp_path, layout) as run:
        await run.analyzers.more(200)
        await run.installation.hold_broker()
        await run.analyzers.more(400)
        await run.installation.kill(run.installation.hub_role)
        shutil.rmtree(run.installation.data / "broker")
        run.installation.release_broker()
        await run.installation.start(run.installation.hub_role)
        await run.analyzers.more(50)
        findings = await run.settle()
    assert findings.epochs == 1


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_a_hub_restored_from_an_older_copy_gets_everything_again(
    tmp_path: Path, layout: Layout
) -> None:
    async with running(tmp_path, layout) as run:
        store = run.installation.store
        await run.analyzers.more(200)
        copy_database(store, tmp_path / "copy.db")
        before = _store_id(store)
        await run.analyzers.more(300)
        await run.installation.stop(run.installation.hub_role)  # terms go up, those of the copy do not
        await run.installation.start(run.installation.hub_role)
        await run.analyzers.more(100)
        await run.installation.kill(run.installation.hub_role)
        put_back(tmp_path / "copy.db", store)
        await run.installation.start(run.installation.hub_role)
        await run.analyzers.more(100)
        await run.settle()
    assert alarms(run.installation.database)["hub.restored"] >= 1
    assert _store_id(store) != before


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_a_hub_and_a_broker_lost_together_get_everything_again(tmp_path: Path, layout: Layout) -> None:
    async with running(tmp_path, layout) as run:
        await run.analyzers.more(300)
        await run.installation.kill(run.installation.hub_role)
        remove_database(run.installation.store)
        shutil.rmtree(run.installation.data / "broker")
        await run.installation.start(run.installation.hub_role)
        await run.analyzers.more(100)
        await run.settle()
    assert alarms(run.installation.database)["hub.restored"] >= 1


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_a_spool_wiped_while_everything_was_receipted(tmp_path: Path, layout: Layout) -> None:
    async with running(tmp_path, layout) as run:
        await run.analyzers.more(200)
        await run.settle()
        assert await run.installation.stop(run.installation.edge_role) == 0
        remove_database(run.installation.spool)
        await run.installation.start(run.installation.edge_role)
        run.analyzers.start()
        await run.analyzers.more(200)
        findings = await run.settle()
    assert findings.epochs == 2
    assert _first_seqs(run.installation.store) == [1, 1]


async def test_a_spool_wiped_with_rows_waiting_loses_only_those(tmp_path: Path) -> None:
    async with running(tmp_path, "two processes") as run:
        await run.analyzers.more(200)
        await run.installation.kill("hub")
        await run.analyzers.more(100)
        await run.installation.kill("edge")
        receipted = _receipted_specimens(run.installation.spool)
        remove_database(run.installation.spool)
        await run.installation.start()
        await run.analyzers.more(100)
        await run.analyzers.finish()
        await drained(run.installation, run.scrapes)
    findings = examine(run.installation, run.analyzers.ledger)
    lost = {specimen for specimen, _ in findings.lost}
    assert receipted, "nothing was receipted before the wipe: the test shows nothing"
    assert lost, "nothing waited when the spool was wiped: the test shows nothing"
    assert not lost & receipted
    assert not findings.twice
    assert not findings.strangers
    assert not findings.problems
    assert not run.scrapes.wrong
    assert _first_seqs(run.installation.store) == [1, 1]


async def test_a_message_sent_again_after_the_wipe_is_one_event(tmp_path: Path) -> None:
    async with running(tmp_path, "two processes") as run:
        await run.analyzers.more(100)
        await run.settle()
        await run.installation.stop("edge")
        remove_database(run.installation.spool)
        await run.installation.start("edge")
        await run.analyzers.repeat(20)
        run.analyzers.start()
        await run.analyzers.more(50)
        await run.settle()
        figures = await drained(run.installation, run.scrapes)
    assert figures["edge_messages_repeated_total"] == 0, "the new spool cannot know them"
    assert run.scrapes.newest["hub"]["hub_events_duplicates_total"] >= 20 * len(TESTS)


@pytest.mark.parametrize("hub_away", [False, True], ids=["hub there", "hub away"])
async def test_a_spool_restored_from_an_older_copy_opens_a_new_epoch(tmp_path: Path, hub_away: bool) -> None:
    async with running(tmp_path, "two processes") as run:
        await run.analyzers.more(150)
        copy_database(run.installation.spool, tmp_path / "copy.db")
        await run.analyzers.more(300)
        await run.settle()
        await run.installation.stop("edge")
        if hub_away:
            await run.installation.kill("hub")
        put_back(tmp_path / "copy.db", run.installation.spool)
        await run.installation.start("edge")
        run.analyzers.start()
        await run.analyzers.more(500)
        if hub_away:
            await run.installation.start("hub")
        await run.analyzers.more(50)
        await run.settle()
        await _restart_hub(run)
        findings = await run.settle()
    assert findings.epochs == 2
    assert alarms(run.installation.database)["spool.restored"] == 1


async def _restart_hub(run: Run) -> None:
    """The hub tells its receipts of every epoch again: what was settled stays settled."""
    await run.installation.stop("hub")
    await run.installation.start("hub")
    run.analyzers.start()
    await run.analyzers.more(50)


def _store_id(path: Path) -> str:
    return str(_rows(path, "SELECT id FROM store")[0][0])


def _first_seqs(path: Path) -> list[int]:
    """The lowest seq in the log of each epoch of the edge, in the order in which the hub saw them."""
    sql = "SELECT min(seq) FROM event WHERE edge = ? GROUP BY epoch ORDER BY epoch"
    return [seq for (seq,) in _rows(path, sql, EDGE)]


def _receipted_specimens(spool: Path) -> set[str]:
    """Specimens of all rows up to the last receipt that the edge has heard."""
    sql = (
        "SELECT json_extract(CAST(body AS TEXT), '$.data.specimen') FROM event, epoch"
        " WHERE n >> 32 = number AND n & 4294967295 <= receipt_seq AND topic LIKE ?"
    )
    return {specimen for (specimen,) in _rows(spool, sql, "%lab-result-v1")}


def _rows(path: Path, sql: str, *values: str) -> list[Any]:
    return apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY).execute(sql, values).fetchall()
