-- Where vaccine lots were, as people told it (hub/exposure): append-only, a correction is a new row.
CREATE TABLE lot_placement (
    number INTEGER PRIMARY KEY,
    lot TEXT NOT NULL,
    product TEXT NOT NULL,
    unit TEXT NOT NULL,           -- a device; empty: taken out
    doses INTEGER,
    expiry TEXT NOT NULL,         -- its last day
    vvm TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    thawed_ms INTEGER,
    corrects INTEGER NOT NULL,    -- number of another row; 0: none
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX lot_placement_lot ON lot_placement (lot, number);
CREATE INDEX lot_placement_unit ON lot_placement (unit, lot);

-- What happened to one unit, for its report.
CREATE INDEX incident_entry_device ON incident_entry (device, number);
