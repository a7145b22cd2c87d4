-- Gates: three facts of each scan, and what they count as (storage/gates.py). Each row is an event of the log;
-- of those about one scan of an edge one is current.
CREATE TABLE gate_scan (
    number BIGINT PRIMARY KEY,        -- event.number
    current BOOLEAN NOT NULL,
    edge TEXT COLLATE "C" NOT NULL,
    scan TEXT COLLATE "C" NOT NULL,
    time_ms BIGINT NOT NULL,
    visit TEXT COLLATE "C"                      -- blanked weeks later (storage/retention.py), here and in the log
);

CREATE UNIQUE INDEX gate_scan_one_current ON gate_scan (edge, scan) WHERE current;
CREATE INDEX gate_scan_visit ON gate_scan (time_ms) WHERE visit IS NOT NULL;

CREATE TABLE gate_decision (
    number BIGINT PRIMARY KEY,
    current BOOLEAN NOT NULL,
    edge TEXT COLLATE "C" NOT NULL,
    scan TEXT COLLATE "C" NOT NULL,
    site TEXT COLLATE "C" NOT NULL,
    device TEXT COLLATE "C" NOT NULL,
    zone TEXT COLLATE "C" NOT NULL,
    decision TEXT COLLATE "C" NOT NULL,
    time_ms BIGINT NOT NULL,
    placed_ms BIGINT NOT NULL         -- when it happened, whatever the device's clock says
);

CREATE UNIQUE INDEX gate_decision_one_current ON gate_decision (edge, scan) WHERE current;
CREATE INDEX gate_decision_time ON gate_decision (time_ms, number) WHERE current;
CREATE INDEX gate_decision_site ON gate_decision (site, time_ms, number) WHERE current;
CREATE INDEX gate_decision_device ON gate_decision (device, time_ms, number) WHERE current;
CREATE INDEX gate_decision_decision ON gate_decision (decision, time_ms, number) WHERE current;

CREATE TABLE gate_passage (
    number BIGINT PRIMARY KEY,
    current BOOLEAN NOT NULL,
    edge TEXT COLLATE "C" NOT NULL,
    scan TEXT COLLATE "C",                      -- NULL: nobody's
    site TEXT COLLATE "C" NOT NULL,
    device TEXT COLLATE "C" NOT NULL,
    zone TEXT COLLATE "C" NOT NULL,
    direction TEXT COLLATE "C" NOT NULL,
    confirmed BOOLEAN NOT NULL,
    placed_ms BIGINT NOT NULL
);

CREATE UNIQUE INDEX gate_passage_one_current ON gate_passage (edge, scan) WHERE current AND scan IS NOT NULL;
-- Only for who names a zone: while the table is small, one scan of an edge would be looked for in it too.
CREATE INDEX gate_passage_placed ON gate_passage (edge, zone, placed_ms) WHERE current AND zone <> '';

-- How many are in a zone, as its edge counts or a person set it.
CREATE TABLE gate_count (
    number BIGINT PRIMARY KEY,
    edge TEXT COLLATE "C" NOT NULL,
    zone TEXT COLLATE "C" NOT NULL,
    cause TEXT COLLATE "C" NOT NULL,
    site TEXT COLLATE "C" NOT NULL,
    device TEXT COLLATE "C" NOT NULL,
    placed_ms BIGINT NOT NULL,
    count BIGINT NOT NULL,
    actor TEXT COLLATE "C" NOT NULL
);

CREATE INDEX gate_count_placed ON gate_count (edge, zone, cause, placed_ms);

-- Every zone there was, and who ever went in and out: its hours of all years need not be summed up.
CREATE TABLE gate_zone (
    edge TEXT COLLATE "C" NOT NULL,
    zone TEXT COLLATE "C" NOT NULL,
    seen_in BIGINT NOT NULL,
    inferred_in BIGINT NOT NULL,
    seen_out BIGINT NOT NULL,
    inferred_out BIGINT NOT NULL,
    PRIMARY KEY (edge, zone)
) WITH (fillfactor = 50);

-- Current decisions and passages by the UTC hour in which they happened.
CREATE TABLE gate_hour (
    edge TEXT COLLATE "C" NOT NULL,
    zone TEXT COLLATE "C" NOT NULL,
    hour BIGINT NOT NULL,             -- since 1970-01-01T00Z
    site TEXT COLLATE "C" NOT NULL,
    device TEXT COLLATE "C" NOT NULL,
    allow BIGINT NOT NULL,
    deny BIGINT NOT NULL,
    hold BIGINT NOT NULL,
    alert BIGINT NOT NULL,
    retry BIGINT NOT NULL,
    duplicate BIGINT NOT NULL,
    manual BIGINT NOT NULL,
    seen_in BIGINT NOT NULL,          -- by a sensor
    inferred_in BIGINT NOT NULL,      -- from the decision, where there is none
    seen_out BIGINT NOT NULL,
    inferred_out BIGINT NOT NULL,
    PRIMARY KEY (edge, zone, hour, site, device)
) WITH (fillfactor = 50);
