"""What must hold inside a spool: a sound file, and rows without a gap in each epoch (design 3)."""

from collections.abc import Iterator
from typing import Any

import apsw

from hub.spool.rows import SEQ_MASK, row_number
from storage.sqlite.checks import Finding, Wrongs

FILE = "tệp hàng đợi / spool file"
ROWS = "số của hàng đợi / numbers of the spool"
HELD = "hàng đợi / spool"

_EPOCHS = "SELECT number, receipt_seq, highest_seq FROM epoch ORDER BY number"
_ROWS = "SELECT count(*), min(n), max(n) FROM event WHERE n > ? AND n < ?"
PICTURES = "hình ảnh trong bản tin / pictures of captures"
_HELD = "SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM capture)"
_HAS_PICTURES = "SELECT 1 FROM sqlite_schema WHERE name = 'capture_picture'"
_PICTURES = """
    SELECT (SELECT count(*) FROM capture_picture l
            WHERE NOT EXISTS (SELECT 1 FROM picture p WHERE p.name = l.picture)),
           (SELECT count(*) FROM picture p
            WHERE NOT EXISTS (SELECT 1 FROM capture_picture l WHERE l.picture = p.name)),
           (SELECT count(*) FROM picture)"""


def check_spool(connection: apsw.Connection) -> Iterator[Finding]:
    """Run every check on one moment of a spool."""
    file = Wrongs()
    for (line,) in connection.execute("PRAGMA integrity_check(20)"):
        if line != "ok":
            file.add(line)
    yield file.finding(FILE, "integrity_check ok")
    yield _numbers(connection)
    yield _pictures(connection)
    events, captures = connection.execute(_HELD).fetchone() or (0, 0)
    yield Finding(True, HELD, f"{events} events, {captures} captures")


def _pictures(connection: apsw.Connection) -> Finding:
    """Each picture that a capture names is there, and none that nobody names."""
    wrongs = Wrongs()
    tables: list[Any] = connection.execute(_HAS_PICTURES).fetchall()
    if not tables:
        return wrongs.finding(PICTURES, "none")  # a spool before schema 6
    ((missing, unnamed, held),) = connection.execute(_PICTURES).fetchall()
    if missing:
        wrongs.add(f"{missing} missing")
    if unnamed:
        wrongs.add(f"{unnamed} of no capture")
    return wrongs.finding(PICTURES, str(held))


def _numbers(connection: apsw.Connection) -> Finding:
    """Rows go oldest first, and only those that once had a receipt: what is left has no gap."""
    wrongs = Wrongs()
    epochs: list[Any] = connection.execute(_EPOCHS).fetchall()
    for number, receipt_seq, highest_seq in epochs:
        bounds = (row_number(number, 0), row_number(number + 1, 0))
        rows: list[Any] = connection.execute(_ROWS, bounds).fetchall()
        count, first, last = rows[0]
        if not count:
            continue
        gone = (first & SEQ_MASK) - 1
        if last - first + 1 != count or gone > max(receipt_seq, highest_seq):
            wrongs.add(f"epoch {number}")
    return wrongs.finding(ROWS, f"{len(epochs)} epochs")
