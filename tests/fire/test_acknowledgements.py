"""The kernel's word for it: which system calls came between a message and its acknowledgement."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fire.analyzers import Analyzers
from tests.fire.audit import Audit
from tests.fire.installation import Installation
from tests.fire.oracle import drained
from tests.fire.scrapes import Scrapes

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
@pytest.mark.timeout(120)
async def test_no_acknowledgement_leaves_before_the_fdatasync_of_its_commit(
    tmp_path: Path, debian_program: Callable[[str], str]
) -> None:
    trace = tmp_path / "strace.txt"
    calls = "trace=pwrite64,fdatasync,fsync,sendto,write"
    strace = (debian_program("strace"), "-D", "-f", "-y", "-qq", "-s", "5000", "-e", calls, "-o", str(trace))
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
    with trace.open(encoding="utf-8", errors="replace") as lines:
        audit = Audit().read(lines)
    assert audit.acknowledged == len(analyzers.ledger.acknowledged)
    assert audit.too_early == []
    assert audit.syncs > 0
