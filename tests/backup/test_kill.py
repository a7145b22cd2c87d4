"""Kill -9 in the middle of a backup or a restore: what was there is there, and doing it again works."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hub.backup.place import Place
from hub.backup.take import take_backup
from storage.contract import Batch
from storage.sqlite.store import SqliteStore
from tests.backup.test_round_trip import files_in, put_back, silent, taken, told
from tests.conformance.store_arrivals import NOW, From, lab

ROOT = Path(__file__).parents[2]
# A command that kills itself: at the given place of its work.
CHILD = """
import asyncio, os, signal, sys
from pathlib import Path
from hub.backup import restore, take
from hub.backup.place import Place
from storage.archive import Archive

what, data, file, rows = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
place = Place(data, data / "spool" / "spool.db")

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def progress(done, *_):
    if done >= rows:
        die()

if what == "backup":
    asyncio.run(take.take_backup(place, file, progress))
elif what == "restore":
    asyncio.run(restore.restore_backup(Archive(file), place, replace=True, progress=progress))
else:  # everything is built: killed before the swap, or before its name is durable
    owner, name = {"swap": (Path, "replace"), "sync": (restore, "sync_folder")}[what]
    setattr(owner, name, die)
    asyncio.run(restore.restore_backup(Archive(file), place, replace=True, progress=lambda *_: None))
"""


async def killed(what: str, data: Path, file: Path, rows: int = 0) -> None:
    command = [sys.executable, "-c", CHILD, what, str(data), str(file), str(rows)]
    ended = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, check=False, timeout=50)
    assert ended.returncode == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.parametrize("rows", [1, 150])
async def test_a_killed_backup_leaves_no_file_with_its_name(place: Place, tmp_path: Path, rows: int) -> None:
    await killed("backup", place.data_dir, tmp_path / "b.zip", rows)
    assert files_in(tmp_path, "*.zip") == []
    await take_backup(place, tmp_path / "b.zip", silent)
    assert files_in(tmp_path, ".*.part") == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "rows"), [("restore", 1), ("restore", 100), ("restore", 150), ("swap", 0), ("sync", 0)]
)
async def test_a_killed_restore_leaves_the_old_store_or_the_new_one(
    place: Place, store: SqliteStore, tmp_path: Path, what: str, rows: int
) -> None:
    backup = (await taken(place, tmp_path)).path
    old = await told(place.data_dir / "store.db")
    await store.write(Batch(store.term, [lab("S-50", From(seq=50))], received_ms=NOW))
    newer = await told(place.data_dir / "store.db")
    await store.close()
    await killed(what, place.data_dir, backup, rows)
    assert await told(place.data_dir / "store.db") == (old if what == "sync" else newer)
    await put_back(backup, place, replace=True)
    assert await told(place.data_dir / "store.db") == old
    assert files_in(place.data_dir, "*restoring*") == []
    asides = files_in(place.data_dir, "store.db.before-restore-*")
    kept = [await told(path) for path in asides if not path.name.endswith(("-wal", "-shm"))]
    assert newer in kept


INTERRUPTED = """
import os, sys
from hub.cli.main import main
from hub.cli.progress import ProgressLine

number = int(sys.argv.pop(1))
ProgressLine.tell = lambda *_: os.kill(os.getpid(), number)
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", ["backup", "restore"])
async def test_an_interrupted_command_leaves_nothing_half_done(
    place: Place, store: SqliteStore, tmp_path: Path, number: signal.Signals, command: str
) -> None:
    folder = tmp_path / "new"
    arguments = ["backup", str(tmp_path / "b.zip"), "--data", str(place.data_dir)]
    if command == "restore":
        await take_backup(place, tmp_path / "b.zip", silent)
        arguments = ["restore", str(tmp_path / "b.zip"), "--data", str(folder)]
    child = [sys.executable, "-c", INTERRUPTED, str(int(number)), *arguments]
    ended = await asyncio.to_thread(
        subprocess.run, child, cwd=ROOT, check=False, timeout=50, capture_output=True, text=True
    )
    assert ended.returncode not in (0, -signal.SIGINT, -signal.SIGTERM)
    assert "Traceback" not in ended.stderr
    assert files_in(tmp_path, ".*.part") == []
    assert len(files_in(tmp_path, "*.zip")) == (command == "restore")
    assert {path.suffix for path in files_in(folder, "*")} <= {".lock"}
