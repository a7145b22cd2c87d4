-- Where vaccine lots were, as people told it (hub/exposure): append-only, a correction is a new row.
CREATE TABLE lot_placement (
    number BIGINT PRIMARY KEY,
    lot TEXT COLLATE "C" NOT NULL,
    product TEXT COLLATE "C" NOT NULL,
    unit TEXT COLLATE "C" NOT NULL,      -- a device; empty: taken out
    doses BIGINT,
    expiry TEXT COLLATE "C" NOT NULL,    -- its last day
    vvm TEXT COLLATE "C" NOT NULL,
    from_ms BIGINT NOT NULL,
    thawed_ms BIGINT,
    corrects BIGINT NOT NULL,            -- number of another row; 0: none
    reason TEXT COLLATE "C" NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    at_ms BIGINT NOT NULL
);

CREATE INDEX lot_placement_lot ON lot_placement (lot, number);
CREATE INDEX lot_placement_unit ON lot_placement (unit, lot);

-- What happened to one unit, for its report.
CREATE INDEX incident_entry_device ON incident_entry (device, number);
