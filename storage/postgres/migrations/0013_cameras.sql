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

-- One row for all tellings with one "since", state and reason: their times say how long that stood.
CREATE TABLE camera_period (
    device TEXT COLLATE "C" NOT NULL,
    edge TEXT COLLATE "C" NOT NULL,
    from_ms BIGINT NOT NULL,       -- when the state began
    told_ms BIGINT NOT NULL,       -- when it was first told with this reason
    to_ms BIGINT NOT NULL,         -- and last
    site TEXT COLLATE "C" NOT NULL,          -- then
    state TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    faults BIGINT NOT NULL,        -- bits (storage/camera_facts.py): every fault that was told meanwhile
    PRIMARY KEY (device, from_ms, edge, state, reason)
) WITH (fillfactor = 70);

CREATE INDEX camera_period_to ON camera_period (device, to_ms, from_ms);
