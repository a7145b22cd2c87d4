-- Who looked at or changed what (storage/audit.py): append-only, each row chained to the one before.
CREATE TABLE audit_entry (
    number INTEGER PRIMARY KEY,   -- 1, 2, 3 … without gaps
    key TEXT NOT NULL UNIQUE,     -- made with the note: told twice it is one row
    at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,          -- id of a key or user; empty: nobody was recognised
    role TEXT NOT NULL,
    through TEXT NOT NULL,        -- api, console, cli
    action TEXT NOT NULL,
    target TEXT NOT NULL,         -- ids, never free text
    outcome TEXT NOT NULL,
    peer TEXT NOT NULL,           -- address; empty: this machine
    hash BLOB NOT NULL            -- SHA-256 over the hash before and this row
) STRICT;

CREATE INDEX audit_entry_actor ON audit_entry (actor, number);

CREATE TRIGGER audit_entry_stays BEFORE DELETE ON audit_entry
BEGIN
    SELECT RAISE(ABORT, 'audit rows are never deleted');
END;

CREATE TRIGGER audit_entry_is_as_written BEFORE UPDATE ON audit_entry
BEGIN
    SELECT RAISE(ABORT, 'audit rows are never changed');
END;
