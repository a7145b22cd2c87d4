-- When readings were last judged: what lies behind was told as it is.
ALTER TABLE alarm_progress ADD COLUMN judged_ms INTEGER NOT NULL DEFAULT 0;

-- By what alarms judge, as JSON: versions of profiles and since when they are in force, units and since when.
CREATE TABLE alarm_setting (
    name TEXT PRIMARY KEY,
    from_ms INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
