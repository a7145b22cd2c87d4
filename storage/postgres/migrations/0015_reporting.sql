-- What people and other systems report (storage/reporting.py): facts, each one type and subject, in all versions.
-- number: of the version that stands; told_ms: when its source took that down.
CREATE TABLE fact (
    type TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,            -- event.number
    told_ms BIGINT NOT NULL,
    versions BIGINT NOT NULL,
    PRIMARY KEY (type, subject)
) WITH (fillfactor = 70);

-- A version stands as long as the log is not beyond until: what an older number shows is found at any time.
CREATE TABLE fact_version (
    number BIGINT PRIMARY KEY,         -- event.number
    until BIGINT NOT NULL,             -- the event that replaced it; its own number: it never stood
    type TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,   -- facility, district, workplace …
    day BIGINT NOT NULL,               -- local, since 1970-01-01
    told_ms BIGINT NOT NULL,
    received_ms BIGINT NOT NULL,       -- arrival at the hub
    id BYTEA NOT NULL,
    data BYTEA NOT NULL                -- the event's data: bodies are many times as large
);

CREATE INDEX fact_version_day ON fact_version (type, day, scope);
CREATE INDEX fact_version_subject ON fact_version (type, subject, number);

-- Reports as they were told: the log up to a number gives data with this hash.
CREATE TABLE report_revision (
    report TEXT COLLATE "C" NOT NULL,
    query TEXT COLLATE "C" NOT NULL,   -- canonical JSON
    revision BIGINT NOT NULL,
    up_to BIGINT NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    event_count BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (report, query, revision)
);
