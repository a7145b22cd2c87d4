"""The alarms of an edge that judges by itself: in its backup, verified there, put back with their rules."""

from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest

from hub.alarms.incidents.actions import Comment
from hub.alarms.profiles import load_profile
from hub.alarms.rule_list import rule_items
from hub.backup.place import SPOOL, Place
from hub.backup.restore import restore_backup
from hub.backup.take import take_backup
from hub.backup.verify import verify_backup, verify_place
from hub.errors import OperatorError
from hub.runtime.alarm_ledger import AlarmLedger
from hub.runtime.rules_kept import RulesKept
from storage.archive import Archive
from storage.open import open_reader
from tests.conformance.store_use import write
from tests.hub.alarm_bench import Bench, alarms_of, warm
from tests.spool.parts import opened

FRIDGE = load_profile("fridge")


def silent(*_: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[tuple[Place, Bench]]:
    """An edge apart, whose fridge got warm: a spool, no store but the small one of its alarms."""
    place = Place(tmp_path / "data", tmp_path / "data" / SPOOL, edge="kho-1")
    for folder in (place.spool.parent, place.alarms.parent):
        folder.mkdir(parents=True)
    async with opened(place.spool), alarms_of(place.alarms.parent) as bench:
        async with bench.running() as runner:
            await write(bench.store, *warm(0, 60))
            await bench.next(runner, 60)
        RulesKept(place.alarms.parent, []).keep(rule_items([FRIDGE]))
        yield place, bench


async def ledger(place: Place) -> list[bytes]:
    reader = open_reader(None, place.alarms.parent)
    await reader.open()
    try:
        return [row.hash for row in await reader.incident_entries(0, limit=100)]
    finally:
        await reader.close()


async def test_an_edges_alarms_come_back_with_their_ledger_and_rules(
    edge: tuple[Place, Bench], tmp_path: Path
) -> None:
    place, _ = edge
    backup = await take_backup(place, tmp_path / "edge.zip", silent)
    assert backup.manifest.store is None
    assert backup.manifest.alarms is not None
    there = Place(tmp_path / "new", tmp_path / "new" / SPOOL)
    with Archive(backup.path) as archive:
        assert all(finding.good for finding in verify_backup(archive, tmp_path, silent))
        lines = (await restore_backup(archive, there, replace=False, progress=silent)).lines
    assert [line for line in lines if str(there.alarms) in line]
    assert await ledger(there) == await ledger(place) != []
    assert RulesKept(there.alarms.parent, []).load().profiles == (FRIDGE,)
    assert [finding.what for finding in verify_place(there) if not finding.good] == []
    assert [finding for finding in verify_place(there) if finding.what.startswith("edge: sổ sự cố")]


async def test_a_ledger_that_is_there_is_kept_beside(edge: tuple[Place, Bench], tmp_path: Path) -> None:
    place, bench = edge
    backup = await take_backup(place, tmp_path / "edge.zip", silent)
    made = AlarmLedger(bench.store, bench.open_reader, lambda _: None)
    (incident,) = [entry.incident for entry in await bench.ledger()]
    await made.act(incident, Comment("3fb1c2aa", "sau khi sao lưu"))
    await bench.store.close()
    with Archive(backup.path) as archive:
        with pytest.raises(OperatorError, match="--replace"):
            await restore_backup(archive, place, replace=False, progress=silent)
        await restore_backup(archive, place, replace=True, progress=silent)
    assert len(await ledger(place)) == 1
    aside = list(place.alarms.parent.glob("store.db.before-restore-*"))
    assert len([path for path in aside if path.suffix not in ("-wal", "-shm")]) >= 1
    await bench.store.open()


async def test_what_was_changed_in_it_is_named(edge: tuple[Place, Bench], tmp_path: Path) -> None:
    place, bench = edge
    await bench.store.close()
    with apsw.Connection(str(place.alarms)) as connection:
        connection.execute("UPDATE incident_entry SET at_ms = at_ms + 1")
    backup = await take_backup(place, tmp_path / "edge.zip", silent)
    with Archive(backup.path) as archive:
        wrong = [finding.what for finding in verify_backup(archive, tmp_path, silent) if not finding.good]
    assert [what for what in wrong if what.startswith("edge: sổ sự cố")]
    await bench.store.open()
