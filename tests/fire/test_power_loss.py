"""The power goes at many moments: what was acknowledged is on disk, what was receipted is in the store."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import apsw
import pytest

from tests.fire.analyzers import TESTS, Analyzers
from tests.fire.installation import EDGE, Installation, Role
from tests.fire.oracle import drained
from tests.fire.patience import until
from tests.fire.power_loss import STRACE, Disk
from tests.fire.scrapes import Scrapes

MESSAGES = 1200  # half of them make a WAL that is worth a checkpoint (1 MiB)
CHECKPOINTED_BYTES = 500_000
LOSSES = 60
ACKNOWLEDGED = re.compile(rb"MSA\|AA\|C([a-z0-9-]+)")
RECEIPT = re.compile(rb'receipt/edge-1(?:..)?(\{"store".*?\})', re.DOTALL)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@dataclass
class Losses:
    """What was found after each loss of power."""

    folder: Path
    random: Random = field(default_factory=lambda: Random(11))
    count: int = 0
    missing: list[str] = field(default_factory=list)
    database_bytes: int = 0  # that were durable at the last loss: what checkpoints had moved there

    def look(self, disk: Disk, database: str, ask: Callable[[apsw.Connection], list[str]]) -> None:
        """Cut the power now and ask what is missing; a file that SQLite cannot read misses everything."""
        self.count += 1
        folder = self.folder / f"loss-{self.count}"
        folder.mkdir()
        disk.leave(folder, self.random)
        self.database_bytes = len(disk.files[database].durable)
        (folder / f"{database}-shm").unlink(missing_ok=True)  # memory, not disk
        try:
            db = apsw.Connection(str(folder / database))
            state = str(db.pragma("integrity_check"))
            self.missing += ask(db) if state == "ok" else [state]
            db.close()
        except apsw.Error as error:
            self.missing.append(type(error).__name__)


async def _traced(folder: Path, role: Role, strace: str, messages: int) -> Path:
    """A run whose ``role`` is traced from its start to its end."""
    trace = folder / "strace.txt"
    wrapper = (strace, "-D", "--seccomp-bpf", *STRACE, "-o", str(trace))
    installation = Installation.make(folder, "two processes")
    analyzers = Analyzers(installation.mllp_port, "power", pace_seconds=0.001)
    try:
        for each in installation.roles:
            await installation.start(each, wrapper=wrapper if each == role else ())
        for _ in range(2):
            analyzers.start()
            await analyzers.more(messages // 2)
            await analyzers.finish()
            if role == "edge":  # its WAL moves into the file in a pause
                await until(lambda: _is_moved(trace, installation.spool), "a checkpoint")
        await drained(installation, Scrapes(installation))
        await installation.stop("edge")
        await installation.stop("hub")
    finally:
        await analyzers.cancel()
        await installation.end()
    return trace


def _is_moved(trace: Path, spool: Path) -> bool:
    """The file has grown, and was synced since it was made."""
    synced = re.findall(rb"fdatasync\(\d+<[^>]*/spool\.db>", trace.read_bytes())
    return _bytes(spool) > CHECKPOINTED_BYTES and len(synced) > 1


def _sent(disk: Disk, trace: Path) -> Iterator[bytes]:
    with trace.open(encoding="latin-1", newline="\n") as lines:
        yield from disk.play(lines)


def _lose_power_at_the_edge(disk: Disk, trace: Path, losses: Losses, every: int) -> set[str]:
    acknowledged: set[str] = set()

    def ask(db: apsw.Connection) -> list[str]:
        bodies = db.execute("SELECT CAST(body AS TEXT) FROM event WHERE topic LIKE '%lab-result-v1'")
        data = [json.loads(str(body))["data"] for (body,) in bodies]
        there = {(each["specimen"], each["test"]["code"]) for each in data}
        return [
            f"{each} {test}" for each in acknowledged for test in TESTS if (f"S{each}", test) not in there
        ]

    for sent in _sent(disk, trace):
        before = len(acknowledged)
        acknowledged |= {control.decode() for control in ACKNOWLEDGED.findall(sent)}
        if len(acknowledged) > before and len(acknowledged) % every == 0:
            losses.look(disk, "spool.db", ask)
    return acknowledged


async def test_what_was_acknowledged_survives_a_loss_of_power(
    tmp_path: Path, debian_program: Callable[[str], str]
) -> None:
    trace = await _traced(tmp_path, "edge", debian_program("strace"), MESSAGES)
    disk, losses = Disk(), Losses(_folder(tmp_path, "honest"))
    acknowledged = _lose_power_at_the_edge(disk, trace, losses, MESSAGES // LOSSES)
    assert losses.missing == []
    assert losses.count >= LOSSES / 3
    assert len(acknowledged) >= MESSAGES
    assert losses.database_bytes > CHECKPOINTED_BYTES, "no checkpoint was among it"

    lying, found = Disk(honest=False), Losses(_folder(tmp_path, "lying"))
    _lose_power_at_the_edge(lying, trace, found, MESSAGES // 4)
    assert found.missing, "a disk that never syncs must be seen to lose"


async def test_what_was_receipted_survives_a_loss_of_power_at_the_hub(
    tmp_path: Path, debian_program: Callable[[str], str]
) -> None:
    trace = await _traced(tmp_path, "hub", debian_program("strace"), MESSAGES)
    receipted, losses = _lose_power_at_the_hub(Disk(), trace, Losses(_folder(tmp_path, "honest")))
    assert losses.missing == []
    assert losses.count >= 5
    assert max(receipted.values()) >= MESSAGES * len(TESTS)
    _, found = _lose_power_at_the_hub(Disk(honest=False), trace, Losses(_folder(tmp_path, "lying")))
    assert found.missing, "a disk that never syncs must be seen to lose"


def _lose_power_at_the_hub(disk: Disk, trace: Path, losses: Losses) -> tuple[dict[str, int], Losses]:
    receipted: dict[str, int] = {}
    looked = 0

    def ask(db: apsw.Connection) -> list[str]:
        rows: list[Any] = db.execute("SELECT epoch, seq FROM epoch WHERE edge = ?", (EDGE,)).fetchall()
        there = dict(rows)
        return [f"{epoch} {seq}" for epoch, seq in receipted.items() if there.get(epoch, 0) < seq]

    for sent in _sent(disk, trace):
        for told in map(json.loads, RECEIPT.findall(sent)):
            receipted[told["epoch"]] = max(told["seq"], receipted.get(told["epoch"], 0))
            if told["seq"] >= looked + MESSAGES * len(TESTS) / LOSSES:
                looked = told["seq"]
                losses.look(disk, "store.db", ask)
    return receipted, losses


def _bytes(path: Path) -> int:
    return path.stat().st_size


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder
