-- Cameras (storage/cameras.py): what each told last, as the log had it, by its edge's order.
CREATE TABLE camera (
    edge TEXT NOT NULL,
    device TEXT NOT NULL,
    site TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (edge, device)
) STRICT;

-- One row for all tellings with one "since", state and reason: their times say how long that stood.
CREATE TABLE camera_period (
    device TEXT NOT NULL,
    edge TEXT NOT NULL,
    from_ms INTEGER NOT NULL,       -- when the state began
    told_ms INTEGER NOT NULL,       -- when it was first told with this reason
    to_ms INTEGER NOT NULL,         -- and last
    site TEXT NOT NULL,          -- then
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    faults INTEGER NOT NULL,        -- bits (storage/camera_facts.py): every fault that was told meanwhile
    PRIMARY KEY (device, from_ms, edge, state, reason)
) STRICT, WITHOUT ROWID;

CREATE INDEX camera_period_to ON camera_period (device, to_ms, from_ms);
