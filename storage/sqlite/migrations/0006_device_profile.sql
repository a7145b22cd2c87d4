-- By what a device is read or judged, as its edge last told: what stands in a fridge is not configured at the hub.
ALTER TABLE device ADD COLUMN profile TEXT;
