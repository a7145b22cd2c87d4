"""The kernel's word for it: which system calls came between a message and its acknowledgement."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fire.analyzers import Analyzers
from tests.fire.audit import Audit
from tests.fire.campaign import running
from tests.fire.installation import Installation
from tests.fire.oracle import drained
from tests.fire.power_loss import STRACE
from tests.fire.scrapes import Scrapes

FAILING_COMMIT = 60
FAILING_SECONDS = 90  # under strace, on a machine that does other things too
WRITTEN = '17 pwrite64(9</d/spool.db-wal>, "{\\"specimen\\":\\"S1\\"}"..., 4096, 32) = 4096'
SYNCED = "17 fdatasync(9</d/spool.db-wal>) = 0"
SYNC_BEGUN = "17 fdatasync(9</d/spool.db-wal> <unfinished ...>"
SYNC_ENDED = "17 <... fdatasync resumed>) = 0"
SYNC_FAILED = "17 fdatasync(9</d/spool.db-wal>) = -1 EIO (Input/output error)"
OTHER_SYNCED = "18 fdatasync(7</d/store.db-wal>) = 0"
SENT = '16 sendto(12<socket:[1]>, "\\vMSH|^~\\\\&|EPIHUB\\rMSA|AA|C1\\r", 30, 0, NULL, 0) = 30'


@pytest.mark.parametrize(
    ("lines", "too_early"),
    [
        ([WRITTEN, SYNCED, SENT], []),
        ([WRITTEN, SYNC_BEGUN, SYNC_ENDED, SENT], []),
        ([WRITTEN, SENT, SYNCED], ["C1"]),
        ([WRITTEN, SYNC_BEGUN, SENT, SYNC_ENDED], ["C1"]),
        ([SYNC_BEGUN, WRITTEN, SYNC_ENDED, SENT], ["C1"]),
        ([WRITTEN, SYNC_FAILED, SENT], ["C1"]),
        ([WRITTEN, OTHER_SYNCED, SENT], ["C1"]),
        ([SYNCED, SENT], ["C1"]),
    ],
)
def test_the_audit_sees_an_acknowledgement_that_leaves_too_early(
    lines: list[str], too_early: list[str]
) -> None:
    assert Audit().read(lines).too_early == too_early


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_no_acknowledgement_leaves_before_the_fdatasync_of_its_commit(
    tmp_path: Path, debian_program: Callable[[str], str]
) -> None:
    trace = tmp_path / "strace.txt"
    strace = _strace(debian_program, trace)
    installation = Installation.make(tmp_path, "two processes")
    analyzers = Analyzers(installation.mllp_port, "audit", pace_seconds=0.005)
    try:
        await installation.start("edge", wrapper=strace)
        analyzers.start()
        await analyzers.more(200)
        await analyzers.finish()
        await installation.start("hub")
        await drained(installation, Scrapes(installation))
        await installation.stop("edge")
    finally:
        await analyzers.cancel()
        await installation.end()
    audit = _audit(trace)
    assert audit.acknowledged == len(analyzers.ledger.acknowledged)
    assert audit.too_early == []
    assert audit.syncs > 0


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_after_a_failed_fdatasync_nothing_is_acknowledged_until_a_new_start(
    tmp_path: Path, debian_program: Callable[[str], str]
) -> None:
    """The kernel may have dropped the pages (Rebello et al., ATC 2020): only a new start is safe."""
    trace = tmp_path / "strace.txt"
    fault = ("-e", f"inject=fdatasync:error=EIO:when={FAILING_COMMIT}")
    strace = (*_strace(debian_program, trace), *fault)
    async with running(tmp_path, "two processes", roles=("hub",)) as run:
        await run.installation.start("edge", wrapper=strace)
        async with asyncio.timeout(FAILING_SECONDS):
            code = await run.installation.processes.pop("edge").wait()
        await run.installation.start("edge")
        await run.analyzers.more(50)
        await run.settle(refusals=True)
    assert code == 1
    assert _audit(trace).too_early == []
    assert "(INJECTED)" in trace.read_text("utf-8", "replace")
    assert "the spool cannot be written" in (tmp_path / "edge.log").read_text("utf-8")
    assert len(run.analyzers.ledger.acknowledged) > FAILING_COMMIT / 2


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_hub_whose_store_failed_a_fdatasync_ends_and_the_next_one_goes_on(
    tmp_path: Path, debian_program: Callable[[str], str]
) -> None:
    """Of a commit. SQLite itself makes up for one that fails as it moves its WAL (docs/durability.md)."""
    wal = tmp_path / "data" / "store.db-wal"
    fault = ("-P", str(wal), "-e", f"inject=fdatasync:error=EIO:when={FAILING_COMMIT}")
    strace = (*_strace(debian_program, tmp_path / "strace.txt"), "--seccomp-bpf", *fault)
    async with running(tmp_path, "two processes", roles=("edge",)) as run:
        await run.installation.start("hub", wrapper=strace)
        async with asyncio.timeout(FAILING_SECONDS):
            code = await run.installation.processes.pop("hub").wait()
        await run.analyzers.more(200)
        edge = await run.scrapes.scrape("edge")
        await run.installation.start("hub")
        await run.settle()
    assert code == 1
    assert "store.ioerr" in (tmp_path / "hub.log").read_text("utf-8")
    assert edge
    assert edge["spool_events_waiting"] >= 400
    assert set(run.analyzers.ledger.answers) == {"AA"}


def _strace(program: Callable[[str], str], output: Path) -> tuple[str, ...]:
    """Traces all threads from beside, so that signals reach epihub itself."""
    return (program("strace"), "-D", *STRACE, "-o", str(output))


def _audit(trace: Path) -> Audit:
    with trace.open(encoding="utf-8", errors="replace") as lines:
        return Audit().read(lines)
