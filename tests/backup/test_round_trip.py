"""What goes into a backup comes out of it: the same answers, once, under a new store id."""

import stat
import zipfile
from pathlib import Path
from typing import Any

import apsw
import pytest

from hub.backup.place import Place
from hub.backup.restore import restore_backup
from hub.backup.take import Taken, take_backup
from hub.backup.verify import verify_backup, verify_store
from hub.errors import OperatorError
from storage.archive import Archive
from storage.contract import Batch
from storage.restored import RESTORED_AHEAD
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.conformance.store_arrivals import NOW, From, lab
from tests.golden.content import answers


def files_in(folder: Path, pattern: str) -> list[Path]:
    return list(folder.glob(pattern))


def silent(*_: int) -> None:
    """Progress that nobody watches."""


async def taken(place: Place, folder: Path) -> Taken:
    return await take_backup(place, folder, silent)


async def told(path: Path) -> dict[str, Any]:
    reader = SqliteReader(path)
    await reader.open()
    try:
        return await answers(reader)
    finally:
        await reader.close()


async def put_back(backup: Path, place: Place, *, replace: bool = False) -> tuple[str, ...]:
    with Archive(backup) as archive:
        return (await restore_backup(archive, place, replace=replace, progress=silent)).lines


async def test_a_restored_store_answers_as_the_one_that_was_backed_up(
    place: Place, elsewhere: Place, tmp_path: Path
) -> None:
    backup = await taken(place, tmp_path)
    assert backup.path.name.startswith("epihub-dong-nai-20")
    assert stat.S_IMODE(backup.path.stat().st_mode) == 0o600
    await put_back(backup.path, elsewhere)
    assert await told(elsewhere.data_dir / "store.db") == await told(place.data_dir / "store.db")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in elsewhere.data_dir.iterdir()}
    assert {mode for name, mode in modes.items() if not name.endswith(".lock")} == {0o600}
    assert not [name for name in modes if "restoring" in name]


async def test_a_restored_store_has_a_new_id_and_numbers_nobody_was_given(
    place: Place, elsewhere: Place, store: SqliteStore, tmp_path: Path
) -> None:
    backup = await taken(place, tmp_path)
    later = await store.write(Batch(store.term, [lab("S-50", From(seq=50))], received_ms=NOW))
    await put_back(backup.path, elsewhere)
    restored = SqliteStore(elsewhere.data_dir / "store.db")
    await restored.open()
    assert restored.store_id != store.store_id
    assert await restored.watermarks() == await store.watermarks()
    again = await restored.write(Batch(restored.term, [lab("S-51", From(seq=51))], received_ms=NOW))
    assert again.last_number > RESTORED_AHEAD > later.last_number
    assert (await restored.link(3)) == "0123456789abcdef"
    reader = SqliteReader(elsewhere.data_dir / "store.db")
    await reader.open()
    seen = await reader.events(later.last_number, limit=10)  # by somebody who had read beyond the backup
    assert [event.number for event in seen] == [again.last_number]
    await reader.close()
    await restored.close()


async def test_what_is_written_meanwhile_is_in_it_whole_or_not_at_all(
    place: Place, store: SqliteStore, tmp_path: Path
) -> None:
    """The writer commits while blocks are written: the backup shows the moment it began."""
    before = await told(place.data_dir / "store.db")
    writer = apsw.Connection(str(place.data_dir / "store.db"))
    heard = []

    def writes(rows: int, total: int, size: int) -> None:
        heard.append((rows, total, size))
        writer.execute("INSERT INTO poison (digest, edge, topic, received_ms, reason, body)"
                       " VALUES (randomblob(32), 'edge-1', 't', 1, 'r', x'00')")  # fmt: skip

    backup = await take_backup(place, tmp_path, writes)
    writer.close()
    assert heard[-1][0] == heard[-1][1] == backup.rows > 0
    assert [rows for rows, _, _ in heard] == sorted(rows for rows, _, _ in heard)
    assert backup.manifest.store is not None
    assert backup.manifest.store.counts["poison"] == before["figures"]["poison"]
    with Archive(backup.path) as archive:
        assert {finding.good for finding in verify_backup(archive, tmp_path, silent)} == {True}


async def test_neither_keys_of_the_vault_nor_names_of_paths_are_in_it(place: Place, tmp_path: Path) -> None:
    backup = await taken(place, tmp_path)
    with zipfile.ZipFile(backup.path) as found:
        names = found.namelist()
        everything = b"".join(found.read(name) for name in names)
    assert "files/bus-accounts.json" in names
    assert not [name for name in names if "key" in name and name != "files/api-keys.json"]
    assert b"f00df00d" not in everything
    assert str(tmp_path).encode() not in everything


async def test_a_backup_and_the_store_it_came_from_hold(place: Place, tmp_path: Path) -> None:
    backup = await taken(place, tmp_path)
    with Archive(backup.path) as archive:
        findings = list(verify_backup(archive, tmp_path, silent))
    assert [finding for finding in findings if not finding.good] == []
    assert len(findings) > 10
    assert [finding for finding in verify_store(place) if not finding.good] == []
    assert not files_in(tmp_path, "epihub-verify-*")


async def test_nothing_is_left_of_a_backup_that_failed(place: Place, tmp_path: Path) -> None:
    def fails(*_: int) -> None:
        raise OperatorError("the stick was pulled")

    with pytest.raises(OperatorError, match="pulled"):
        await take_backup(place, tmp_path / "backups.zip", fails)
    assert not files_in(tmp_path, "*.zip*")
    assert not files_in(tmp_path, ".*.part")


async def test_a_backup_overwrites_nothing(place: Place, tmp_path: Path) -> None:
    target = tmp_path / "mine.zip"
    target.write_text("precious")
    with pytest.raises(OperatorError, match="never overwrites"):
        await taken(place, target)
    assert target.read_text() == "precious"
    with pytest.raises(OperatorError, match="no such folder"):
        await taken(place, tmp_path / "none" / "mine.zip")


async def test_nothing_to_back_up_is_said(elsewhere: Place, tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="nothing to back up"):
        await taken(elsewhere, tmp_path)
    assert not elsewhere.data_dir.exists()


async def test_no_room_is_said_before_anything_is_written(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.backup.take.LEAST_FREE_BYTES", 1 << 60)
    with pytest.raises(OperatorError, match="MB are needed"):
        await taken(place, tmp_path)
    assert not files_in(tmp_path, "*.zip*")


async def test_a_backup_gives_up_before_the_disk_is_full(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.archive.writer.LEAST_FREE_BYTES", 1 << 60)
    with pytest.raises(OperatorError, match="given up"):
        await taken(place, tmp_path)
    assert not files_in(tmp_path, ".*.part")


# restore


async def test_a_store_that_is_there_is_refused_or_kept_aside(
    place: Place, store: SqliteStore, tmp_path: Path
) -> None:
    backup = await taken(place, tmp_path)
    await store.write(Batch(store.term, [lab("S-50", From(seq=50))], received_ms=NOW))
    with pytest.raises(OperatorError, match="--replace"):
        await put_back(backup.path, place)
    with pytest.raises(OperatorError, match="another hub uses"):
        await put_back(backup.path, place, replace=True)
    await store.close()
    newer = await told(place.data_dir / "store.db")
    lines = await put_back(backup.path, place, replace=True)
    (aside,) = place.data_dir.glob("store.db.before-restore-*Z")
    assert any(str(aside) in line for line in lines)
    assert await told(aside) == newer
    assert (await told(place.data_dir / "store.db"))["figures"]["events"] == newer["figures"]["events"] - 1


async def test_a_killed_hubs_wal_is_not_applied_to_the_restored_store(
    place: Place, store: SqliteStore, tmp_path: Path
) -> None:
    """The reader keeps the WAL beside the store, as a hub that was killed does."""
    backup = await taken(place, tmp_path)
    path = place.data_dir / "store.db"
    await store.write(Batch(store.term, [lab("S-50", From(seq=50))], received_ms=NOW))
    killed = {name: (place.data_dir / name).read_bytes() for name in ("store.db", "store.db-wal")}
    await store.close()
    for name, content in killed.items():
        (place.data_dir / name).write_bytes(content)
    await put_back(backup.path, place, replace=True)
    assert "S-50" not in {row["specimen"] for row in (await told(path))["results"]}
    (aside,) = place.data_dir.glob("store.db.before-restore-*Z")
    assert "S-50" in {row["specimen"] for row in (await told(aside))["results"]}


async def test_files_that_are_there_stay(place: Place, elsewhere: Place, tmp_path: Path) -> None:
    backup = await taken(place, tmp_path)
    elsewhere.data_dir.mkdir()
    (elsewhere.data_dir / "bus-accounts.json").write_text("mine")
    lines = await put_back(backup.path, elsewhere)
    assert (elsewhere.data_dir / "bus-accounts.json").read_text() == "mine"
    assert (elsewhere.data_dir / "api-keys.json").read_text() == "[]"
    assert any("bus-accounts.json exists: left as it is" in line for line in lines)


async def test_a_restore_that_was_killed_leaves_the_old_store_and_can_be_done_again(
    place: Place, elsewhere: Place, tmp_path: Path
) -> None:
    backup = await taken(place, tmp_path)
    elsewhere.data_dir.mkdir()
    (elsewhere.data_dir / "store.db.restoring").write_bytes(b"half")
    (elsewhere.data_dir / "store.db.restoring-journal").write_bytes(b"half")
    await put_back(backup.path, elsewhere)
    assert await told(elsewhere.data_dir / "store.db") == await told(place.data_dir / "store.db")
