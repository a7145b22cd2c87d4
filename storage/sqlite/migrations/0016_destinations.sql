-- Destinations (storage/destinations.py): how far each is in the log, and what it has not taken.
CREATE TABLE destination (
    name TEXT PRIMARY KEY,
    version INTEGER NOT NULL,           -- grows with what a deliverer settles
    edited INTEGER NOT NULL,            -- grows with what people order
    number INTEGER NOT NULL,            -- of the log: settled up to here
    target TEXT NOT NULL,               -- a digest of what the name stands for
    paused_by TEXT NOT NULL,            -- empty: runs
    paused_since_ms INTEGER NOT NULL,
    disabled TEXT NOT NULL,             -- a code: why nothing is sent; empty: is sent
    wanted INTEGER NOT NULL,            -- wanted + replayed = taken + dropped + rows in the outbox
    taken INTEGER NOT NULL,
    replayed INTEGER NOT NULL,
    dropped INTEGER NOT NULL,
    forgotten INTEGER NOT NULL,         -- numbers that the log had no more
    settled_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
    destination TEXT NOT NULL,
    number INTEGER NOT NULL,            -- of the log
    event_id TEXT NOT NULL,
    type TEXT NOT NULL,
    ordering TEXT NOT NULL,             -- a digest of what keeps its order
    state TEXT NOT NULL,                -- waiting, dead
    attempts INTEGER NOT NULL,
    first_ms INTEGER NOT NULL,          -- when the first attempt failed; 0: none did
    next_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,               -- a code
    PRIMARY KEY (destination, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_state ON outbox (destination, state, number);
