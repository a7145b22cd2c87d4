-- When readings were last judged: what lies behind was told as it is.
ALTER TABLE alarm_progress ADD COLUMN judged_ms BIGINT NOT NULL DEFAULT 0;

-- By what alarms judge, as JSON: versions of profiles and since when they are in force, units and since when.
CREATE TABLE alarm_setting (
    name TEXT COLLATE "C" PRIMARY KEY,
    from_ms BIGINT NOT NULL,
    body BYTEA NOT NULL
);
