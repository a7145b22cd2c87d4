-- Gates: three facts of each scan, and what they count as (storage/gates.py). Each row is an event of the log;
-- of those about one scan of an edge one is current.
CREATE TABLE gate_scan (
    number INTEGER PRIMARY KEY,        -- event.number
    current INTEGER NOT NULL,
    edge TEXT NOT NULL,
    scan TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    visit TEXT                      -- blanked weeks later (storage/retention.py), here and in the log
) STRICT;

CREATE UNIQUE INDEX gate_scan_one_current ON gate_scan (edge, scan) WHERE current = 1;
CREATE INDEX gate_scan_visit ON gate_scan (time_ms) WHERE visit IS NOT NULL;

CREATE TABLE gate_decision (
    number INTEGER PRIMARY KEY,
    current INTEGER NOT NULL,
    edge TEXT NOT NULL,
    scan TEXT NOT NULL,
    site TEXT NOT NULL,
    device TEXT NOT NULL,
    zone TEXT NOT NULL,
    decision TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    placed_ms INTEGER NOT NULL         -- when it happened, whatever the device's clock says
) STRICT;

CREATE UNIQUE INDEX gate_decision_one_current ON gate_decision (edge, scan) WHERE current = 1;
CREATE INDEX gate_decision_time ON gate_decision (time_ms, number) WHERE current = 1;
CREATE INDEX gate_decision_site ON gate_decision (site, time_ms, number) WHERE current = 1;
CREATE INDEX gate_decision_device ON gate_decision (device, time_ms, number) WHERE current = 1;
CREATE INDEX gate_decision_decision ON gate_decision (decision, time_ms, number) WHERE current = 1;

CREATE TABLE gate_passage (
    number INTEGER PRIMARY KEY,
    current INTEGER NOT NULL,
    edge TEXT NOT NULL,
    scan TEXT,                      -- NULL: nobody's
    site TEXT NOT NULL,
    device TEXT NOT NULL,
    zone TEXT NOT NULL,
    direction TEXT NOT NULL,
    confirmed INTEGER NOT NULL,
    placed_ms INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX gate_passage_one_current ON gate_passage (edge, scan) WHERE current = 1 AND scan IS NOT NULL;
CREATE INDEX gate_passage_placed ON gate_passage (edge, zone, placed_ms) WHERE current = 1;

-- How many are in a zone, as its edge counts or a person set it.
CREATE TABLE gate_count (
    number INTEGER PRIMARY KEY,
    edge TEXT NOT NULL,
    zone TEXT NOT NULL,
    cause TEXT NOT NULL,
    site TEXT NOT NULL,
    device TEXT NOT NULL,
    placed_ms INTEGER NOT NULL,
    count INTEGER NOT NULL,
    actor TEXT NOT NULL
) STRICT;

CREATE INDEX gate_count_placed ON gate_count (edge, zone, cause, placed_ms);

-- Every zone there was, and who ever went in and out: its hours of all years need not be summed up.
CREATE TABLE gate_zone (
    edge TEXT NOT NULL,
    zone TEXT NOT NULL,
    seen_in INTEGER NOT NULL,
    inferred_in INTEGER NOT NULL,
    seen_out INTEGER NOT NULL,
    inferred_out INTEGER NOT NULL,
    PRIMARY KEY (edge, zone)
) STRICT, WITHOUT ROWID;

-- Current decisions and passages by the UTC hour in which they happened.
CREATE TABLE gate_hour (
    edge TEXT NOT NULL,
    zone TEXT NOT NULL,
    hour INTEGER NOT NULL,             -- since 1970-01-01T00Z
    site TEXT NOT NULL,
    device TEXT NOT NULL,
    allow INTEGER NOT NULL,
    deny INTEGER NOT NULL,
    hold INTEGER NOT NULL,
    alert INTEGER NOT NULL,
    retry INTEGER NOT NULL,
    duplicate INTEGER NOT NULL,
    manual INTEGER NOT NULL,
    seen_in INTEGER NOT NULL,          -- by a sensor
    inferred_in INTEGER NOT NULL,      -- from the decision, where there is none
    seen_out INTEGER NOT NULL,
    inferred_out INTEGER NOT NULL,
    PRIMARY KEY (edge, zone, hour, site, device)
) STRICT, WITHOUT ROWID;
