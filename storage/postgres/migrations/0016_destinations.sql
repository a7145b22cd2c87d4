-- Destinations (storage/destinations.py): how far each is in the log, and what it has not taken.
CREATE TABLE destination (
    name TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,           -- grows with what a deliverer settles
    edited BIGINT NOT NULL,            -- grows with what people order
    number BIGINT NOT NULL,            -- of the log: settled up to here
    target TEXT NOT NULL,               -- a digest of what the name stands for
    paused_by TEXT NOT NULL,            -- empty: runs
    paused_since_ms BIGINT NOT NULL,
    disabled TEXT NOT NULL,             -- a code: why nothing is sent; empty: is sent
    wanted BIGINT NOT NULL,            -- wanted + replayed = taken + dropped + rows in the outbox
    taken BIGINT NOT NULL,
    replayed BIGINT NOT NULL,
    dropped BIGINT NOT NULL,
    forgotten BIGINT NOT NULL,         -- numbers that the log had no more
    settled_at_ms BIGINT NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE outbox (
    destination TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,            -- of the log
    event_id TEXT NOT NULL,
    type TEXT NOT NULL,
    ordering TEXT NOT NULL,             -- a digest of what keeps its order
    state TEXT NOT NULL,                -- waiting, dead
    attempts BIGINT NOT NULL,
    first_ms BIGINT NOT NULL,          -- when the first attempt failed; 0: none did
    next_ms BIGINT NOT NULL,
    reason TEXT NOT NULL,               -- a code
    PRIMARY KEY (destination, number)
) WITH (fillfactor = 50);

CREATE INDEX outbox_state ON outbox (destination, state, number);
