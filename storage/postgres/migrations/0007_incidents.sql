-- The ledger of alarms (hub/alarms/incidents): append-only, each entry chained to the one before.
CREATE TABLE incident_entry (
    number BIGINT PRIMARY KEY,
    incident TEXT COLLATE "C" NOT NULL,  -- empty: of the device as a whole
    device TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    at_ms BIGINT NOT NULL,
    body BYTEA NOT NULL,                 -- its canonical bytes
    hash BYTEA NOT NULL
);

CREATE INDEX incident_entry_incident ON incident_entry (incident, number);
CREATE INDEX incident_entry_service ON incident_entry (number)
    WHERE kind IN ('OUT_OF_SERVICE', 'IN_SERVICE');

-- How incidents stand: the fold of their entries.
CREATE TABLE incident (
    id TEXT COLLATE "C" PRIMARY KEY,
    opened BIGINT NOT NULL,              -- number of its first entry
    last BIGINT NOT NULL,                -- and of its last
    site TEXT COLLATE "C" NOT NULL,
    device TEXT COLLATE "C" NOT NULL,
    metric TEXT COLLATE "C" NOT NULL,
    rule TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    severity TEXT COLLATE "C" NOT NULL,
    start_ms BIGINT NOT NULL,
    cleared_ms BIGINT,
    end_ms BIGINT NOT NULL,              -- what it reaches: of one that is open, beyond any time
    standing BYTEA NOT NULL              -- all of it, as JSON
);

CREATE UNIQUE INDEX incident_opened ON incident (opened);
CREATE INDEX incident_state ON incident (state, opened);
CREATE INDEX incident_device ON incident (device, opened);
CREATE INDEX incident_end ON incident (end_ms);

-- Up to which log number readings were judged, and where the ledger stands.
CREATE TABLE alarm_progress (
    one BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one),
    cursor BIGINT NOT NULL,
    number BIGINT NOT NULL,
    hash BYTEA NOT NULL
);

INSERT INTO alarm_progress (cursor, number, hash) VALUES (0, 0, decode(repeat('00', 32), 'hex'));
