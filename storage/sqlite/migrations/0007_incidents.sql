-- The ledger of alarms (hub/alarms/incidents): append-only, each entry chained to the one before.
CREATE TABLE incident_entry (
    number INTEGER PRIMARY KEY,
    incident TEXT NOT NULL,       -- empty: of the device as a whole
    device TEXT NOT NULL,
    kind TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    body BLOB NOT NULL,           -- its canonical bytes
    hash BLOB NOT NULL
) STRICT;

CREATE INDEX incident_entry_incident ON incident_entry (incident, number);
CREATE INDEX incident_entry_service ON incident_entry (number)
    WHERE kind IN ('OUT_OF_SERVICE', 'IN_SERVICE');

-- How incidents stand: the fold of their entries.
CREATE TABLE incident (
    id TEXT PRIMARY KEY,
    opened INTEGER NOT NULL,      -- number of its first entry
    last INTEGER NOT NULL,        -- and of its last
    site TEXT NOT NULL,
    device TEXT NOT NULL,
    metric TEXT NOT NULL,
    rule TEXT NOT NULL,
    state TEXT NOT NULL,
    severity TEXT NOT NULL,
    start_ms INTEGER NOT NULL,
    cleared_ms INTEGER,
    end_ms INTEGER NOT NULL,      -- what it reaches: of one that is open, beyond any time
    standing BLOB NOT NULL        -- all of it, as JSON
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX incident_opened ON incident (opened);
CREATE INDEX incident_state ON incident (state, opened);
CREATE INDEX incident_device ON incident (device, opened);
CREATE INDEX incident_end ON incident (end_ms);

-- Up to which log number readings were judged, and where the ledger stands.
CREATE TABLE alarm_progress (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    cursor INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;

INSERT INTO alarm_progress (one, cursor, number, hash) VALUES (1, 0, 0, zeroblob(32));
