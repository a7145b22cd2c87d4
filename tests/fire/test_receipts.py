"""The kernel's word for it: which system calls came between the rows of a store and their receipt."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fire.analyzers import TESTS, Analyzers
from tests.fire.database import PostgresDatabase
from tests.fire.installation import Installation
from tests.fire.oracle import drained
from tests.fire.receipts import STRACE, ReceiptAudit
from tests.fire.scrapes import Scrapes
from tests.postgres.server import PostgresServer

MESSAGES = 150
EPOCH = "9378adbea312691b"
ROW = f'{{\\"part\\":1,\\"epoch\\":\\"{EPOCH}\\",\\"seq\\":1}}'
WRITTEN = f'17 pwrite64(9</d/store.db-wal>, "{ROW}"..., 4096, 32) = 4096'
SYNCED = "17 fdatasync(9</d/store.db-wal>) = 0"
SYNC_BEGUN = "17 fdatasync(9</d/store.db-wal> <unfinished ...>"
SYNC_ENDED = "17 <... fdatasync resumed>) = 0"
SYNC_FAILED = "17 fdatasync(9</d/store.db-wal>) = -1 EIO (Input/output error)"
SENT = f'16 write(13<socket:[7]>, "B\\0\\1{ROW}\\0\\0", 300) = 300'
ASKED = '16 write(13<socket:[7]>, "Q\\0\\0\\0\\vCOMMIT\\0", 12) = 12'
ANSWERED = '16 read(13<socket:[7]>, "C\\0\\0\\0\\vCOMMIT\\0Z\\0\\0\\0\\5I", 256000) = 18'
ANSWER_BEGUN = "16 read(13<socket:[7]>, <unfinished ...>"
ANSWER_ENDED = '16 <... read resumed>"C\\0\\0\\0\\vCOMMIT\\0Z\\0\\0\\0\\5I", 256000) = 18'
OF_ANOTHER = '16 read(14<socket:[8]>, "C\\0\\0\\0\\vCOMMIT\\0Z\\0\\0\\0\\5I", 256000) = 18'
ROLLED_BACK = '16 write(13<socket:[7]>, "Q\\0\\0\\0\\rROLLBACK\\0", 14) = 14'
RECEIPT = (
    '16 write(22<socket:[9]>, "3\\317\\1\\0\\30epihub/v1/receipt/edge-1\\0\\2{\\"store\\":\\"5ad4\\",'
    f'\\"epoch\\":\\"{EPOCH}\\",\\"seq\\":1,\\"id\\":\\"01a2\\"}}", 210) = 210'
)


@pytest.mark.parametrize(
    ("lines", "early"),
    [
        ([WRITTEN, SYNCED, RECEIPT], 0),
        ([WRITTEN, SYNC_BEGUN, SYNC_ENDED, RECEIPT], 0),
        ([WRITTEN, SYNC_BEGUN, RECEIPT, SYNC_ENDED], 1),
        ([SYNC_BEGUN, WRITTEN, SYNC_ENDED, RECEIPT], 1),
        ([WRITTEN, SYNC_FAILED, RECEIPT], 1),
        ([WRITTEN, RECEIPT, SYNCED], 1),
        ([SENT, ASKED, ANSWERED, RECEIPT], 0),
        ([SENT, ASKED, ANSWER_BEGUN, ANSWER_ENDED, RECEIPT], 0),
        ([SENT, ASKED, ANSWER_BEGUN, RECEIPT, ANSWER_ENDED], 1),
        ([SENT, ASKED, RECEIPT, ANSWERED], 1),
        ([SENT, ASKED, OF_ANOTHER, RECEIPT], 1),
        ([SENT, ROLLED_BACK, ASKED, ANSWERED, RECEIPT], 1),
        ([ASKED, SENT, ANSWERED, RECEIPT], 1),
        ([RECEIPT], 1),
    ],
)
def test_the_audit_sees_a_receipt_that_leaves_too_early(lines: list[str], early: int) -> None:
    assert len(ReceiptAudit().read(lines).too_early) == early


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_no_receipt_leaves_before_the_commit_of_its_rows(
    tmp_path: Path,
    debian_program: Callable[[str], str],
    store_server: PostgresServer | None,
) -> None:
    trace = tmp_path / "strace.txt"
    strace = (debian_program("strace"), "-D", "--seccomp-bpf", *STRACE, "-o", str(trace))
    installation = Installation.make(tmp_path, "one machine")
    if store_server:
        await installation.keep_store_in(store_server)
    analyzers = Analyzers(installation.mllp_port, "audit", pace_seconds=0.005)
    try:
        await installation.start("up", wrapper=strace)  # the hub is its child
        analyzers.start()
        await analyzers.more(MESSAGES)
        await analyzers.finish()
        await drained(installation, Scrapes(installation))
        await installation.stop("up")
    finally:
        await analyzers.cancel()
        await installation.end()
    text = trace.read_text("utf-8", "replace")
    audit = ReceiptAudit().read(text.splitlines())
    assert audit.too_early == []
    assert audit.commits > 1
    assert max(audit.highest.values()) >= MESSAGES * len(TESTS)
    if store_server:
        assert r"synchronous_commit\0on\0" in text, "the hub asks the server for it when it connects"
        await _check_that_it_syncs(installation, store_server)


async def _check_that_it_syncs(installation: Installation, server: PostgresServer) -> None:
    """What a COMMIT's answer is worth: the server has synced its log before it."""
    database = installation.database
    assert isinstance(database, PostgresDatabase)
    shown = {name: next(database.rows(f"SHOW {name}"))[0] for name in ("fsync", "synchronous_commit")}
    assert shown == {"fsync": "on", "synchronous_commit": "on"}
