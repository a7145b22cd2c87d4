-- What people and other systems report (storage/reporting.py): facts, each one type and subject, in all versions.
-- number: of the version that stands; told_ms: when its source took that down.
CREATE TABLE fact (
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    number INTEGER NOT NULL,           -- event.number
    told_ms INTEGER NOT NULL,
    versions INTEGER NOT NULL,
    PRIMARY KEY (type, subject)
) STRICT, WITHOUT ROWID;

-- A version stands as long as the log is not beyond until: what an older number shows is found at any time.
CREATE TABLE fact_version (
    number INTEGER PRIMARY KEY,        -- event.number
    until INTEGER NOT NULL,            -- the event that replaced it; its own number: it never stood
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    scope TEXT NOT NULL,               -- facility, district, workplace …
    day INTEGER NOT NULL,              -- local, since 1970-01-01
    told_ms INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,      -- arrival at the hub
    id BLOB NOT NULL,
    data BLOB NOT NULL                 -- the event's data: bodies are many times as large
) STRICT;

CREATE INDEX fact_version_day ON fact_version (type, day, scope);
CREATE INDEX fact_version_subject ON fact_version (type, subject, number);

-- Reports as they were told: the log up to a number gives data with this hash.
CREATE TABLE report_revision (
    report TEXT NOT NULL,
    query TEXT NOT NULL,               -- canonical JSON
    revision INTEGER NOT NULL,
    up_to INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    event_count INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (report, query, revision)
) STRICT, WITHOUT ROWID;
