-- How far a device's clock is ahead of ours, in seconds, as its edge last told; NULL: not known.
ALTER TABLE device ADD COLUMN clock_offset_s REAL;
