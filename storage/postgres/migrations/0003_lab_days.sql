-- Counts of laboratory results by place and local day (storage/lab_days.py).

-- The zone whose calendar days are counted; empty until the hub that opens the store has counted.
ALTER TABLE store ADD COLUMN timezone TEXT NOT NULL DEFAULT '';

ALTER TABLE lab_result ADD COLUMN day INTEGER NOT NULL DEFAULT 0;             -- local, in days since 1970-01-01
ALTER TABLE lab_result ADD COLUMN test TEXT COLLATE "C" NOT NULL DEFAULT '';  -- its code, at most 64 characters
ALTER TABLE lab_result ADD COLUMN control BOOLEAN NOT NULL DEFAULT FALSE;

-- A field of a body; NULL where it has none, or is nothing that PostgreSQL reads as JSON.
CREATE FUNCTION pg_temp.field(body BYTEA, VARIADIC place TEXT[]) RETURNS TEXT LANGUAGE plpgsql AS $$
BEGIN
    RETURN convert_from(body, 'UTF8')::json #>> place;
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END
$$;

UPDATE lab_result
SET test = left(coalesce(pg_temp.field(event.body, 'data', 'test', 'code'), ''), 64),
    control = coalesce(pg_temp.field(event.body, 'data', 'control'), 'false') = 'true'
FROM event WHERE event.number = lab_result.number;

DROP FUNCTION pg_temp.field(BYTEA, TEXT[]);

-- Current results that are no controls. One column for each call, so that a day of a site is one row or few.
CREATE TABLE lab_day (
    day INTEGER NOT NULL,
    site TEXT COLLATE "C" NOT NULL,
    stage SMALLINT NOT NULL,      -- 0 final (F, C), 1 preliminary (P), 2 withdrawn (X, D)
    test TEXT COLLATE "C" NOT NULL,
    pos INTEGER NOT NULL,
    neg INTEGER NOT NULL,
    invalid INTEGER NOT NULL,
    error INTEGER NOT NULL,
    no_result INTEGER NOT NULL,
    indeterminate INTEGER NOT NULL,
    unmapped INTEGER NOT NULL,
    PRIMARY KEY (day, site, stage, test)
) WITH (fillfactor = 50);
