-- Counts of laboratory results by place and local day (storage/lab_days.py).

-- The zone whose calendar days are counted; empty until the hub that opens the store has counted.
ALTER TABLE store ADD COLUMN timezone TEXT NOT NULL DEFAULT '';

ALTER TABLE lab_result ADD COLUMN day INTEGER NOT NULL DEFAULT 0;    -- local, in days since 1970-01-01
ALTER TABLE lab_result ADD COLUMN test TEXT NOT NULL DEFAULT '';     -- its code, at most 64 characters
ALTER TABLE lab_result ADD COLUMN control INTEGER NOT NULL DEFAULT 0;

-- json_valid: the hub reads bodies that are nested deeper than SQLite reads.
UPDATE lab_result SET (test, control) = (
    SELECT substr(coalesce(text ->> '$.data.test.code', ''), 1, 64), coalesce(text ->> '$.data.control', 0)
    FROM (SELECT CAST(body AS TEXT) AS text FROM event WHERE event.number = lab_result.number)
    WHERE json_valid(text)
)
WHERE EXISTS (
    SELECT 1 FROM event WHERE event.number = lab_result.number AND json_valid(CAST(body AS TEXT))
);

-- Current results that are no controls. One column for each call, so that a day of a site is one row or few.
CREATE TABLE lab_day (
    day INTEGER NOT NULL,
    site TEXT NOT NULL,
    stage INTEGER NOT NULL,       -- 0 final (F, C), 1 preliminary (P), 2 withdrawn (X, D)
    test TEXT NOT NULL,
    pos INTEGER NOT NULL,
    neg INTEGER NOT NULL,
    invalid INTEGER NOT NULL,
    error INTEGER NOT NULL,
    no_result INTEGER NOT NULL,
    indeterminate INTEGER NOT NULL,
    unmapped INTEGER NOT NULL,
    PRIMARY KEY (day, site, stage, test)
) STRICT, WITHOUT ROWID;
