-- Projections (storage/projections.py): outside servers that follow the log, and the lines that they refused.
CREATE TABLE projection (
    name TEXT COLLATE "C" PRIMARY KEY,
    number BIGINT NOT NULL,             -- of the log: settled up to here
    history_day BIGINT,                 -- UTC days before it are still to be sent; NULL: none
    paused_by TEXT NOT NULL,            -- empty: runs
    paused_since_ms BIGINT NOT NULL,
    rejected BIGINT NOT NULL,           -- lines ever, kept or not
    settled_at_ms BIGINT NOT NULL,
    series_over_limit BIGINT NOT NULL,
    target TEXT NOT NULL                -- a digest of what the name stands for
) WITH (fillfactor = 50);

CREATE TABLE projection_rejected (
    entry BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,             -- of the log; 0: of no event
    digest BYTEA NOT NULL,              -- of the line: sent again it is the same entry
    at_ms BIGINT NOT NULL,
    reason TEXT NOT NULL,
    line TEXT NOT NULL,
    UNIQUE (name, number, digest)
);

CREATE INDEX projection_rejected_entry ON projection_rejected (name, entry);

-- Instants that other contents ever claimed, or of which a claim was withdrawn: whoever copied what stood there
-- must look again. number: the last event that changed it. What stands is in reading and its chunks; nothing: it is withdrawn.
CREATE TABLE reading_contested (
    ts BIGINT NOT NULL,
    series INTEGER NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (ts, series)
);

CREATE INDEX reading_contested_number ON reading_contested (number);

INSERT INTO reading_contested (ts, series, number)
SELECT beside.ts, beside.series, greatest(max(beside.number), coalesce(max(reading.number), 0))
FROM reading_conflict AS beside
LEFT JOIN reading ON reading.ts = beside.ts AND reading.series = beside.series
GROUP BY beside.ts, beside.series;

-- What readings withdrew that the log still has. A series of which all was withdrawn before it came is none yet.
CREATE TEMP TABLE withdrawn ON COMMIT DROP AS
SELECT ts, device, edge, site, body #>> '{data,metric}' AS metric, body #>> '{data,unit}' AS unit, max(number) AS number
FROM (
    SELECT old.time_ms AS ts, old.device, old.edge, old.site, convert_from(old.body, 'UTF8')::json AS body,
        greatest(old.number, new.number) AS number
    FROM event AS new JOIN event AS old ON old.id = new.supersedes AND old.edge = new.edge
    WHERE new.supersedes IS NOT NULL AND old.type = 'coldchain.reading.v1'
) AS superseded
GROUP BY 1, 2, 3, 4, 5, 6;

INSERT INTO series (device, metric, unit, edge, site)
SELECT DISTINCT device, metric, unit, edge, site FROM withdrawn
WHERE metric IS NOT NULL AND unit IS NOT NULL
ON CONFLICT DO NOTHING;

INSERT INTO reading_contested (ts, series, number)
SELECT withdrawn.ts, series.series, withdrawn.number FROM withdrawn
JOIN series ON series.device = withdrawn.device AND series.metric = withdrawn.metric
    AND series.unit = withdrawn.unit AND series.edge = withdrawn.edge AND series.site = withdrawn.site
ON CONFLICT (ts, series) DO UPDATE SET number = greatest(reading_contested.number, excluded.number);

-- Rows that stand no longer: where they counted, counts must be told anew.
CREATE INDEX gate_decision_former ON gate_decision (edge, scan) WHERE NOT current;
CREATE INDEX gate_passage_former ON gate_passage (edge, scan) WHERE NOT current AND scan IS NOT NULL;
CREATE INDEX lab_result_former ON lab_result (time_ms, device) WHERE NOT current;
