-- Readings of one series and UTC day in blobs of at most 2048 (storage/chunks.py). Their spans do not overlap;
-- a row of reading hides the one of a chunk that has its series and instant.
CREATE TABLE reading_chunk (
    series INTEGER NOT NULL,
    first_ts BIGINT NOT NULL,
    last_ts BIGINT NOT NULL,
    readings INTEGER NOT NULL,
    data BYTEA NOT NULL,
    PRIMARY KEY (series, first_ts)
);

-- Chunks are compressed already.
ALTER TABLE reading_chunk ALTER COLUMN data SET STORAGE EXTERNAL;

-- Figures of the hours of one series and UTC day (storage/rollup.py), made of what its chunks hold.
-- An hour that also has rows in reading is figured from its readings.
CREATE TABLE reading_hour (
    series INTEGER NOT NULL,
    day INTEGER NOT NULL,         -- days since 1970-01-01
    figures BYTEA NOT NULL,
    PRIMARY KEY (series, day)
);

-- Readings at or after this moment are in no chunk.
ALTER TABLE store ADD COLUMN chunked_until BIGINT NOT NULL DEFAULT -9223372036854775808;

-- Every finished deletion; digest chains them (storage/retention.py).
CREATE TABLE deletion (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    class TEXT NOT NULL,
    from_ms BIGINT NOT NULL,
    to_ms BIGINT NOT NULL,
    rows BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    digest BYTEA NOT NULL
);

-- What deletions that have not finished removed so far.
CREATE TABLE deletion_open (
    class TEXT PRIMARY KEY,
    from_ms BIGINT NOT NULL,
    to_ms BIGINT NOT NULL,
    rows BIGINT NOT NULL
);
