-- Cameras (storage/cameras.py): what each told last, as the log had it, by its edge's order.
CREATE TABLE camera (
    edge TEXT COLLATE "C" NOT NULL,
    device TEXT COLLATE "C" NOT NULL,
    site TEXT COLLATE "C" NOT NULL,
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    time_ms BIGINT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (edge, device)
) WITH (fillfactor = 50);

-- One row for all tellings with one "since": the earliest and latest of them say how long the state stood.
CREATE TABLE camera_period (
    device TEXT COLLATE "C" NOT NULL,
    edge TEXT COLLATE "C" NOT NULL,
    from_ms BIGINT NOT NULL,
    to_ms BIGINT NOT NULL,          -- when it was last told to stand
    epoch BIGINT NOT NULL,          -- of the last word in the edge's order, which site, state and reason are of
    seq BIGINT NOT NULL,
    site TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    faults BIGINT NOT NULL,         -- bits (storage/camera_facts.py): every fault that was told meanwhile
    PRIMARY KEY (device, from_ms, edge)
) WITH (fillfactor = 70);

CREATE INDEX camera_period_to ON camera_period (device, to_ms);
