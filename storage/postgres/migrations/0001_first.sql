-- Times are Unix milliseconds in UTC. Log numbers are given in commit order, without gaps, and never reused.
-- Texts are compared by their bytes ("C"), as SQLite does: lists have one order everywhere.

CREATE TABLE store (
    one BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one),
    id TEXT NOT NULL,
    term BIGINT NOT NULL,
    last_number BIGINT NOT NULL DEFAULT 0,     -- newest log number ever given: a rolled back one is given again
    deleted_number BIGINT NOT NULL DEFAULT 0,  -- newest log number that retention removed
    events BIGINT NOT NULL DEFAULT 0,          -- rows of the tables, kept because count(*) reads them all
    results BIGINT NOT NULL DEFAULT 0,
    readings BIGINT NOT NULL DEFAULT 0,
    poison BIGINT NOT NULL DEFAULT 0
) WITH (fillfactor = 10);                      -- changed by every commit: new versions stay in its page

CREATE TABLE link (
    partition INTEGER PRIMARY KEY,
    link TEXT NOT NULL
);

-- number: the order in which the hub first saw the epochs; seq and id: the watermark, once there is one.
CREATE TABLE epoch (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    edge TEXT COLLATE "C" NOT NULL,
    epoch TEXT COLLATE "C" NOT NULL,
    seq BIGINT,
    id TEXT,
    first_seen_ms BIGINT NOT NULL,
    UNIQUE (edge, epoch)
) WITH (fillfactor = 50);

CREATE TABLE hole (
    epoch BIGINT NOT NULL,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    reason TEXT NOT NULL,
    received_ms BIGINT NOT NULL,
    PRIMARY KEY (epoch, first, last)
);

CREATE TABLE event (
    number BIGINT PRIMARY KEY,
    id BYTEA NOT NULL UNIQUE,
    type TEXT COLLATE "C" NOT NULL,
    edge TEXT COLLATE "C" NOT NULL,
    epoch BIGINT NOT NULL,        -- epoch.number
    seq BIGINT NOT NULL,
    site TEXT COLLATE "C" NOT NULL,
    device TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    supersedes BYTEA,
    time_ms BIGINT NOT NULL,
    received_ms BIGINT NOT NULL,  -- arrival at the hub
    body BYTEA NOT NULL
);

CREATE INDEX event_supersedes ON event (supersedes) WHERE supersedes IS NOT NULL;

-- What the log keeps for seven days only.
CREATE INDEX event_expiring ON event (received_ms)
    WHERE type IN ('coldchain.reading.v1', 'camera.health.v1');

CREATE TABLE poison (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest BYTEA NOT NULL UNIQUE, -- SHA-256 of body; its first 16 bytes are the entry's id
    edge TEXT NOT NULL,
    topic TEXT NOT NULL,
    received_ms BIGINT NOT NULL,
    reason TEXT NOT NULL,
    body BYTEA NOT NULL
);

CREATE INDEX poison_received ON poison (received_ms, digest);

-- One row per (source, subject): every version of it is a row of lab_result.
CREATE TABLE lab_fact (
    fact BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    UNIQUE (source, subject)
);

-- What lists filter and sort by; the result itself is the body in the log, which keeps it for good.
CREATE TABLE lab_result (
    number BIGINT PRIMARY KEY,    -- event.number
    fact BIGINT NOT NULL,
    place_epoch BIGINT NOT NULL,
    place_seq BIGINT NOT NULL,
    status TEXT NOT NULL,
    current BOOLEAN NOT NULL,
    specimen TEXT COLLATE "C" NOT NULL,
    site TEXT COLLATE "C" NOT NULL,
    device TEXT COLLATE "C" NOT NULL,
    call TEXT COLLATE "C" NOT NULL,
    time_ms BIGINT NOT NULL
);

CREATE INDEX lab_result_place ON lab_result (fact, place_epoch, place_seq);
CREATE UNIQUE INDEX lab_result_one_current ON lab_result (fact) WHERE current;
CREATE INDEX lab_result_time ON lab_result (time_ms, number) WHERE current;
CREATE INDEX lab_result_specimen ON lab_result (specimen, time_ms, number) WHERE current;
CREATE INDEX lab_result_site ON lab_result (site, time_ms, number) WHERE current;
CREATE INDEX lab_result_device ON lab_result (device, time_ms, number) WHERE current;
CREATE INDEX lab_result_call ON lab_result (call, time_ms, number) WHERE current;

CREATE TABLE series (
    series INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site TEXT COLLATE "C" NOT NULL,
    edge TEXT COLLATE "C" NOT NULL,
    device TEXT COLLATE "C" NOT NULL,
    metric TEXT COLLATE "C" NOT NULL,
    unit TEXT COLLATE "C" NOT NULL,
    UNIQUE (device, metric, unit, edge, site)
);

-- (ts, series) takes 1.4 times the rows a second of (series, ts): new rows share the last pages of the index.
CREATE TABLE reading (
    ts BIGINT NOT NULL,
    number BIGINT NOT NULL,       -- event.number, while the log has it
    value DOUBLE PRECISION,
    lag_ms BIGINT NOT NULL,       -- received at the edge minus ts
    series INTEGER NOT NULL,
    quality SMALLINT NOT NULL,    -- 0 GOOD, 1 UNCERTAIN, 2 BAD
    extra BYTEA,                  -- reason, raw value, raw unit and sequence, packed; mostly NULL
    PRIMARY KEY (ts, series)
);

-- Other contents that claim the instant of a row of reading.
CREATE TABLE reading_conflict (
    ts BIGINT NOT NULL,
    number BIGINT NOT NULL,
    value DOUBLE PRECISION,
    lag_ms BIGINT NOT NULL,
    series INTEGER NOT NULL,
    quality SMALLINT NOT NULL,
    extra BYTEA,
    PRIMARY KEY (ts, series, number)
);

-- The newest instant of a series (late data never moves it back) and its oldest, which bounds queries.
CREATE TABLE latest (
    series INTEGER PRIMARY KEY,
    ts BIGINT NOT NULL,
    first_ts BIGINT NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE device (
    edge TEXT COLLATE "C" NOT NULL,
    device TEXT COLLATE "C" NOT NULL,
    site TEXT COLLATE "C" NOT NULL,
    kind TEXT,
    state TEXT NOT NULL DEFAULT 'UNKNOWN',
    reason TEXT NOT NULL DEFAULT '',
    since_ms BIGINT,
    status_epoch BIGINT NOT NULL DEFAULT 0,
    status_seq BIGINT NOT NULL DEFAULT 0,
    last_message_ms BIGINT,
    PRIMARY KEY (edge, device)
) WITH (fillfactor = 50);

-- What waits, or waited, at an edge; number is the event that says how it stands now.
CREATE TABLE quarantine (
    entry BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id BYTEA NOT NULL UNIQUE,
    source TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    state TEXT NOT NULL,
    received_ms BIGINT NOT NULL,  -- arrival of its first event: its place in lists does not change
    UNIQUE (source, subject)
);

CREATE INDEX quarantine_received ON quarantine (received_ms, id);
CREATE INDEX quarantine_state ON quarantine (state, received_ms, id);

CREATE TABLE command_result (
    edge TEXT COLLATE "C" NOT NULL,
    command TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (edge, command)
);

CREATE INDEX command_result_command ON command_result (command);
