"""Tables of the spool file. One file, one writer thread, ``synchronous=FULL``.

``event.n`` is epoch number * 2^32 + seq: dense within an epoch, ordered across epochs, one key.
``unsendable.n`` is the number of the row that stands in its place. ``epoch.highest_seq`` is the
highest receipt ever believed: rows up to there may be pruned, and their seqs are never given again.
"""

import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

import apsw

from hub.errors import ConfigError, OperatorError

SCHEMA = 7
SAFE_SQLITE = (3, 51, 3)  # earlier ones can lose a commit that races a checkpoint (the WAL-reset bug)

_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE epoch (
  number INTEGER PRIMARY KEY, epoch TEXT NOT NULL UNIQUE, opened_ms INTEGER NOT NULL,
  receipt_seq INTEGER NOT NULL DEFAULT 0, receipt_id BLOB NOT NULL DEFAULT x'',
  highest_seq INTEGER NOT NULL DEFAULT 0, store TEXT NOT NULL DEFAULT '',
  receipt_at TEXT NOT NULL DEFAULT '', closed INTEGER NOT NULL DEFAULT 0);
CREATE TABLE event (
  n INTEGER PRIMARY KEY, id BLOB NOT NULL, received_ms INTEGER NOT NULL, thinnable INTEGER NOT NULL,
  topic TEXT NOT NULL, body BLOB NOT NULL);
CREATE UNIQUE INDEX event_id ON event(id);
CREATE TABLE capture (
  n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, device TEXT NOT NULL, adapter TEXT NOT NULL,
  received_ms INTEGER NOT NULL, bytes INTEGER NOT NULL, identity BLOB, sealed BLOB NOT NULL);
CREATE UNIQUE INDEX capture_identity ON capture(identity) WHERE identity IS NOT NULL;
CREATE INDEX capture_received ON capture(received_ms);
CREATE TABLE quarantine (
  n INTEGER PRIMARY KEY, capture BLOB NOT NULL, part INTEGER NOT NULL, reason TEXT NOT NULL,
  place TEXT NOT NULL, state TEXT NOT NULL, UNIQUE (capture, part));
CREATE TABLE unsendable (
  n INTEGER PRIMARY KEY, id BLOB NOT NULL, received_ms INTEGER NOT NULL, topic TEXT NOT NULL,
  body BLOB NOT NULL);
"""

# Frames that were acknowledged before their message was whole: they wait here for the rest of it.
_PIECES = """
CREATE TABLE piece (
  n INTEGER PRIMARY KEY, message TEXT NOT NULL, device TEXT NOT NULL, received_ms INTEGER NOT NULL,
  sealed BLOB NOT NULL);
CREATE INDEX piece_message ON piece(message);
"""

# Captures that are owed to other systems (hub/spool/forwards.py).
_FORWARDING = """
CREATE TABLE forwarding (
  n INTEGER PRIMARY KEY, forward TEXT NOT NULL, capture BLOB NOT NULL, device TEXT NOT NULL,
  state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, code TEXT NOT NULL DEFAULT '',
  received_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL, UNIQUE (forward, capture));
CREATE INDEX forwarding_head ON forwarding(forward, state, n);
CREATE INDEX forwarding_capture ON forwarding(capture);
CREATE INDEX forwarding_owed ON forwarding(received_ms) WHERE state IN ('WAITING', 'DEAD');
"""

# Long Base64 texts of captures, once for all that have them (hub/spool/pictures.py).
_PICTURES = """
CREATE TABLE picture (n INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, sealed BLOB NOT NULL);
CREATE TABLE capture_picture (capture BLOB NOT NULL, picture BLOB NOT NULL, PRIMARY KEY (capture, picture))
WITHOUT ROWID;
CREATE INDEX capture_picture_picture ON capture_picture(picture);
"""

# Which device would not take an order, and when.
_REFUSALS = """
ALTER TABLE lab_order ADD COLUMN refused_by TEXT NOT NULL DEFAULT '';
ALTER TABLE lab_order ADD COLUMN refused_ms INTEGER;
"""

# Digests of messages that have a control id (hub/spool/known_messages.py).
_KNOWN_MESSAGES = """
CREATE TABLE known_message (identity BLOB PRIMARY KEY, capture INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO known_message SELECT identity, n FROM capture WHERE identity IS NOT NULL ORDER BY identity;
DROP INDEX capture_identity;
INSERT INTO meta SELECT 'indexed_captures', CAST(coalesce(max(n), 0) AS TEXT) FROM capture;
"""

# What a laboratory wants measured (hub/spool/order_rows.py), and which event gave which test its result.
_ORDERS = """
CREATE TABLE lab_order (
  n INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, site TEXT NOT NULL, device TEXT NOT NULL,
  specimen TEXT NOT NULL, tests TEXT NOT NULL, priority TEXT NOT NULL, specimen_type TEXT NOT NULL,
  collected_ms INTEGER, state TEXT NOT NULL, placed_by TEXT NOT NULL, placed_ms INTEGER NOT NULL,
  at_ms INTEGER NOT NULL, sent_ms INTEGER, sent_to TEXT NOT NULL DEFAULT '',
  recall INTEGER NOT NULL DEFAULT 0);
CREATE INDEX lab_order_specimen ON lab_order(specimen);
CREATE INDEX lab_order_state ON lab_order(state, n);
CREATE INDEX lab_order_recall ON lab_order(sent_to) WHERE recall = 1;
CREATE INDEX lab_order_open ON lab_order(placed_ms) WHERE state IN ('PLACED', 'SENT');
CREATE INDEX lab_order_ended ON lab_order(at_ms) WHERE state IN ('RESULTED', 'CANCELLED', 'EXPIRED');
CREATE TABLE order_result (
  lab_order INTEGER NOT NULL, test TEXT NOT NULL, device TEXT NOT NULL, subject TEXT NOT NULL,
  event BLOB NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (lab_order, test, device, subject)
) WITHOUT ROWID;
CREATE INDEX order_result_fact ON order_result(device, subject);
"""


def open_spool(path: Path) -> apsw.Connection:
    """The writer's connection, the file made or checked; raises ConfigError or OperatorError."""
    check_sqlite()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        db = apsw.Connection(str(path))
    except (OSError, apsw.Error) as error:
        raise _unusable(path, error) from error
    try:
        _prepare(db)
    except apsw.Error as error:
        db.close()
        raise _unusable(path, error) from error
    except OperatorError:
        db.close()
        raise
    return db


def _unusable(path: Path, error: OSError | apsw.Error) -> OperatorError:
    reason = error.strerror if isinstance(error, OSError) else type(error).__name__
    return OperatorError(f"{path}: the spool cannot be opened ({reason})")


def _prepare(db: apsw.Connection) -> None:
    for pragma in (
        "page_size=8192",  # of a new file: three captures of some 2.5 KB a page; of 4096 each takes one
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=5000",
        "temp_store=MEMORY",
        "cache_size=-16384",
    ):
        db.execute(f"PRAGMA {pragma}")
    _settle(db)
    migrate(db)


def _settle(db: apsw.Connection) -> None:
    """Make durable what the process before us may have left in the page cache only, by a failed fsync.

    A full disk must not keep us from draining what is there; the next commit will say that it is full.
    """
    with suppress(apsw.FullError):
        db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)


def open_reader(path: Path) -> apsw.Connection:
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    db.execute("PRAGMA query_only=1")
    db.execute("PRAGMA busy_timeout=5000")
    return db


def single_row(db: apsw.Connection, sql: str, values: tuple[Any, ...] = ()) -> tuple[Any, ...]:
    """The row of a query that always has one."""
    row: tuple[Any, ...] | None = db.execute(sql, values).fetchone()
    assert row is not None
    return row


def new_epoch() -> str:
    """Random id of 16 hex digits."""
    return secrets.token_hex(8)


def check_sqlite() -> None:
    version = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    if version < SAFE_SQLITE:
        raise ConfigError(
            f"SQLite {apsw.sqlite_lib_version()} can lose commits; apsw 3.51.3 or newer is needed"
        )


def migrate(db: apsw.Connection, target: int = SCHEMA) -> None:
    """Bring a spool up to ``target``, a step a transaction; raises OperatorError for one that is newer."""
    version = db.pragma("user_version")
    if version == target:
        return
    if version > SCHEMA:
        raise OperatorError(
            f"the spool was written by a newer epihub (schema {version}); this one knows {SCHEMA}"
        )
    for step, apply in enumerate((_first, _second, _third, _fourth, _fifth, _sixth, _seventh), 1):
        if version < step <= target:
            with db:
                apply(db)
                db.pragma("user_version", step)


def _first(db: apsw.Connection) -> None:
    db.execute(_TABLES)
    db.execute("INSERT INTO epoch (epoch, opened_ms) VALUES (?, unixepoch() * 1000)", (new_epoch(),))
    db.execute("INSERT INTO meta VALUES ('session', '0')")


def _second(db: apsw.Connection) -> None:
    db.execute(_PIECES)


def _third(db: apsw.Connection) -> None:
    db.execute(_FORWARDING)


def _fourth(db: apsw.Connection) -> None:
    db.execute(_ORDERS)


def _fifth(db: apsw.Connection) -> None:
    db.execute(_REFUSALS)


def _sixth(db: apsw.Connection) -> None:
    db.execute(_PICTURES)


def _seventh(db: apsw.Connection) -> None:
    db.execute(_KNOWN_MESSAGES)
