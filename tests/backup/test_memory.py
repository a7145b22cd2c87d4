"""However large the store, the commands take the same memory."""

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from hub.backup.place import Place
from storage.contract import Batch
from storage.sqlite.store import SqliteStore
from tests.conformance.store_arrivals import NOW, From, lab
from tests.fire.installation import EPIHUB

SMALL, LARGE = 2_000, 40_000
AT_ONCE = 2_000
# SQLite's own cache is bounded and may fill; what the rows themselves take is several times this.
ALLOWED_KIBIBYTES = 90_000


async def grow(store: SqliteStore, first: int, last: int) -> None:
    for start in range(first, last, AT_ONCE):
        seqs = range(start, min(last, start + AT_ONCE))
        arrivals = [lab(f"S-{seq}", From(epoch="c" * 16, seq=seq), time_ms=NOW + seq) for seq in seqs]
        await store.write(Batch(store.term, arrivals, received_ms=NOW))


def peak_kibibytes(*arguments: object) -> int:
    """The most memory that one run of the command had."""
    with subprocess.Popen([*EPIHUB, *map(str, arguments)], stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss


async def peaks(place: Place, folder: Path) -> dict[str, int]:
    backup = folder / "b.zip"
    commands: dict[str, tuple[object, ...]] = {
        "backup": ("backup", backup, "--data", place.data_dir),
        "verify": ("verify", backup, "--scratch", folder),
        "restore": ("restore", backup, "--data", folder / "restored"),
        "verify the store": ("verify", "--data", folder / "restored"),
    }
    return {name: await asyncio.to_thread(peak_kibibytes, *command) for name, command in commands.items()}


@pytest.mark.slow
@pytest.mark.timeout(900)  # half a minute on a quiet machine, three on a busy one
async def test_memory_does_not_grow_with_the_store(store: SqliteStore, place: Place, tmp_path: Path) -> None:
    for name in ("small", "large"):
        (tmp_path / name).mkdir()
    await grow(store, 100, SMALL)
    small = await peaks(place, tmp_path / "small")
    await grow(store, SMALL, LARGE)
    large = await peaks(place, tmp_path / "large")
    assert {
        name: peak - small[name] for name, peak in large.items() if peak - small[name] > ALLOWED_KIBIBYTES
    } == {}
