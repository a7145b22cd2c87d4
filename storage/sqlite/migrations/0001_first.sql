-- Times are Unix milliseconds in UTC. Log numbers grow in commit order and are never reused.

CREATE TABLE store (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL,
    term INTEGER NOT NULL,
    deleted_number INTEGER NOT NULL DEFAULT 0,  -- newest log number that retention removed
    events INTEGER NOT NULL DEFAULT 0,          -- rows of the tables, kept because count(*) reads them all
    results INTEGER NOT NULL DEFAULT 0,
    readings INTEGER NOT NULL DEFAULT 0,
    poison INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE link (
    partition INTEGER PRIMARY KEY,
    link TEXT NOT NULL
) STRICT;

-- number: the order in which the hub first saw the epochs; seq and id: the watermark, once there is one.
CREATE TABLE epoch (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    edge TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER,
    id TEXT,
    first_seen_ms INTEGER NOT NULL,
    UNIQUE (edge, epoch)
) STRICT;

CREATE TABLE hole (
    epoch INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    reason TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    PRIMARY KEY (epoch, first, last)
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    type TEXT NOT NULL,
    edge TEXT NOT NULL,
    epoch INTEGER NOT NULL,       -- epoch.number
    seq INTEGER NOT NULL,
    site TEXT NOT NULL,
    device TEXT NOT NULL,
    subject TEXT NOT NULL,
    supersedes BLOB,
    time_ms INTEGER NOT NULL,
    received_ms INTEGER NOT NULL, -- arrival at the hub
    body BLOB NOT NULL
) STRICT;

CREATE INDEX event_supersedes ON event (supersedes) WHERE supersedes IS NOT NULL;

-- What the log keeps for seven days only.
CREATE INDEX event_expiring ON event (received_ms)
    WHERE type IN ('coldchain.reading.v1', 'camera.health.v1');

CREATE TABLE poison (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    digest BLOB NOT NULL UNIQUE,  -- SHA-256 of body; its first 16 bytes are the entry's id
    edge TEXT NOT NULL,
    topic TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE INDEX poison_received ON poison (received_ms, digest);

-- One row per (source, subject): every version of it is a row of lab_result.
CREATE TABLE lab_fact (
    fact INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    subject TEXT NOT NULL,
    UNIQUE (source, subject)
) STRICT;

-- What lists filter and sort by; the result itself is the body in the log, which keeps it for good.
CREATE TABLE lab_result (
    number INTEGER PRIMARY KEY,   -- event.number
    fact INTEGER NOT NULL,
    place_epoch INTEGER NOT NULL,
    place_seq INTEGER NOT NULL,
    status TEXT NOT NULL,
    current INTEGER NOT NULL,
    specimen TEXT NOT NULL,
    site TEXT NOT NULL,
    device TEXT NOT NULL,
    call TEXT NOT NULL,
    time_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX lab_result_place ON lab_result (fact, place_epoch, place_seq);
CREATE UNIQUE INDEX lab_result_one_current ON lab_result (fact) WHERE current = 1;
CREATE INDEX lab_result_time ON lab_result (time_ms) WHERE current = 1;
CREATE INDEX lab_result_specimen ON lab_result (specimen, time_ms) WHERE current = 1;
CREATE INDEX lab_result_site ON lab_result (site, time_ms) WHERE current = 1;
CREATE INDEX lab_result_device ON lab_result (device, time_ms) WHERE current = 1;
CREATE INDEX lab_result_call ON lab_result (call, time_ms) WHERE current = 1;

CREATE TABLE series (
    series INTEGER PRIMARY KEY,
    site TEXT NOT NULL,
    edge TEXT NOT NULL,
    device TEXT NOT NULL,
    metric TEXT NOT NULL,
    unit TEXT NOT NULL,
    UNIQUE (device, metric, unit, edge, site)
) STRICT;

-- (ts, series) takes 6-9 times the rows a second of (series, ts): new rows share the last pages.
CREATE TABLE reading (
    ts INTEGER NOT NULL,
    series INTEGER NOT NULL,
    number INTEGER NOT NULL,      -- event.number, while the log has it
    value REAL,
    quality INTEGER NOT NULL,     -- 0 GOOD, 1 UNCERTAIN, 2 BAD
    lag_ms INTEGER NOT NULL,      -- received at the edge minus ts
    extra BLOB,                   -- reason, raw value, raw unit and sequence, packed; mostly NULL
    PRIMARY KEY (ts, series)
) STRICT, WITHOUT ROWID;

-- Other contents that claim the instant of a row of reading.
CREATE TABLE reading_conflict (
    ts INTEGER NOT NULL,
    series INTEGER NOT NULL,
    number INTEGER NOT NULL,
    value REAL,
    quality INTEGER NOT NULL,
    lag_ms INTEGER NOT NULL,
    extra BLOB,
    PRIMARY KEY (ts, series, number)
) STRICT, WITHOUT ROWID;

-- The newest instant of a series (late data never moves it back) and its oldest, which bounds queries.
CREATE TABLE latest (
    series INTEGER PRIMARY KEY,
    ts INTEGER NOT NULL,
    first_ts INTEGER NOT NULL
) STRICT;

CREATE TABLE device (
    edge TEXT NOT NULL,
    device TEXT NOT NULL,
    site TEXT NOT NULL,
    kind TEXT,
    state TEXT NOT NULL DEFAULT 'UNKNOWN',
    reason TEXT NOT NULL DEFAULT '',
    since_ms INTEGER,
    status_epoch INTEGER NOT NULL DEFAULT 0,
    status_seq INTEGER NOT NULL DEFAULT 0,
    last_message_ms INTEGER,
    PRIMARY KEY (edge, device)
) STRICT, WITHOUT ROWID;

-- What waits, or waited, at an edge; number is the event that says how it stands now.
CREATE TABLE quarantine (
    entry INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    source TEXT NOT NULL,
    subject TEXT NOT NULL,
    number INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    state TEXT NOT NULL,
    received_ms INTEGER NOT NULL, -- arrival of its first event: its place in lists does not change
    UNIQUE (source, subject)
) STRICT;

CREATE INDEX quarantine_received ON quarantine (received_ms, id);
CREATE INDEX quarantine_state ON quarantine (state, received_ms, id);

CREATE TABLE command_result (
    edge TEXT NOT NULL,
    command TEXT NOT NULL,
    number INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (edge, command)
) STRICT, WITHOUT ROWID;

CREATE INDEX command_result_command ON command_result (command);
