-- Who looked at or changed what (storage/audit.py): append-only, each row chained to the one before.
CREATE TABLE audit_entry (
    number BIGINT PRIMARY KEY,              -- 1, 2, 3 … without gaps
    key TEXT COLLATE "C" NOT NULL UNIQUE,   -- made with the note: told twice it is one row
    at_ms BIGINT NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,        -- id of a key or user; empty: nobody was recognised
    role TEXT COLLATE "C" NOT NULL,
    through TEXT COLLATE "C" NOT NULL,      -- api, console, cli
    action TEXT COLLATE "C" NOT NULL,
    target TEXT COLLATE "C" NOT NULL,       -- ids, never free text
    outcome TEXT COLLATE "C" NOT NULL,
    peer TEXT COLLATE "C" NOT NULL,         -- address; empty: this machine
    hash BYTEA NOT NULL                     -- SHA-256 over the hash before and this row
);

CREATE INDEX audit_entry_actor ON audit_entry (actor, number);
