-- Projections (storage/projections.py): outside servers that follow the log, and the lines that they refused.
CREATE TABLE projection (
    name TEXT PRIMARY KEY,
    number INTEGER NOT NULL,            -- of the log: settled up to here
    history_day INTEGER,                -- UTC days before it are still to be sent; NULL: none
    paused_by TEXT NOT NULL,            -- empty: runs
    paused_since_ms INTEGER NOT NULL,
    rejected INTEGER NOT NULL,          -- lines ever, kept or not
    settled_at_ms INTEGER NOT NULL,
    series_over_limit INTEGER NOT NULL,
    target TEXT NOT NULL                -- a digest of what the name stands for
) STRICT, WITHOUT ROWID;

CREATE TABLE projection_rejected (
    entry INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    number INTEGER NOT NULL,            -- of the log; 0: of no event
    digest BLOB NOT NULL,               -- of the line: sent again it is the same entry
    at_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,
    line TEXT NOT NULL,
    UNIQUE (name, number, digest)
) STRICT;

CREATE INDEX projection_rejected_entry ON projection_rejected (name, entry);

-- Instants that other contents ever claimed, or of which a claim was withdrawn: whoever copied what stood there
-- must look again. number: the last event that changed it. What stands is in reading and its chunks; nothing: it is withdrawn.
CREATE TABLE reading_contested (
    ts INTEGER NOT NULL,
    series INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (ts, series)
) STRICT, WITHOUT ROWID;

CREATE INDEX reading_contested_number ON reading_contested (number);

INSERT INTO reading_contested (ts, series, number)
SELECT beside.ts, beside.series, max(max(beside.number), coalesce(max(reading.number), 0))
FROM reading_conflict AS beside
LEFT JOIN reading ON reading.ts = beside.ts AND reading.series = beside.series
GROUP BY beside.ts, beside.series;

-- What readings withdrew that the log still has. A series of which all was withdrawn before it came is none yet.
CREATE TEMP TABLE withdrawn AS
SELECT old.time_ms AS ts, old.device, old.edge, old.site,
    json_extract(CAST(old.body AS TEXT), '$.data.metric') AS metric,
    json_extract(CAST(old.body AS TEXT), '$.data.unit') AS unit, max(max(old.number, new.number)) AS number
FROM event AS new JOIN event AS old ON old.id = new.supersedes AND old.edge = new.edge
WHERE new.supersedes IS NOT NULL AND old.type = 'coldchain.reading.v1' AND json_valid(CAST(old.body AS TEXT))
GROUP BY 1, 2, 3, 4, 5, 6;

INSERT INTO series (device, metric, unit, edge, site)
SELECT DISTINCT device, metric, unit, edge, site FROM withdrawn
WHERE metric IS NOT NULL AND unit IS NOT NULL
ON CONFLICT DO NOTHING;

INSERT INTO reading_contested (ts, series, number)
SELECT withdrawn.ts, series.series, withdrawn.number FROM withdrawn
JOIN series ON series.device = withdrawn.device AND series.metric = withdrawn.metric
    AND series.unit = withdrawn.unit AND series.edge = withdrawn.edge AND series.site = withdrawn.site
WHERE TRUE
ON CONFLICT (ts, series) DO UPDATE SET number = max(number, excluded.number);

DROP TABLE withdrawn;

-- Rows that stand no longer: where they counted, counts must be told anew.
CREATE INDEX gate_decision_former ON gate_decision (edge, scan) WHERE current = 0;
CREATE INDEX gate_passage_former ON gate_passage (edge, scan) WHERE current = 0 AND scan IS NOT NULL;
CREATE INDEX lab_result_former ON lab_result (time_ms, device) WHERE current = 0;
