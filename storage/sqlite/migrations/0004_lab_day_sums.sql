-- Counts of lab_day whatever the test (storage/lab_days.py): who asks for places and days only reads these.
CREATE TABLE lab_day_sum (
    day INTEGER NOT NULL,
    site TEXT NOT NULL,
    stage INTEGER NOT NULL,       -- as in lab_day
    pos INTEGER NOT NULL,
    neg INTEGER NOT NULL,
    invalid INTEGER NOT NULL,
    error INTEGER NOT NULL,
    no_result INTEGER NOT NULL,
    indeterminate INTEGER NOT NULL,
    unmapped INTEGER NOT NULL,
    PRIMARY KEY (day, site, stage)
) STRICT, WITHOUT ROWID;

-- A store that no hub has opened since 0003 has none to add up: it counts when it is opened.
INSERT INTO lab_day_sum (day, site, stage, pos, neg, invalid, error, no_result, indeterminate, unmapped)
SELECT day, site, stage, sum(pos), sum(neg), sum(invalid), sum(error), sum(no_result), sum(indeterminate),
    sum(unmapped)
FROM lab_day GROUP BY day, site, stage;
