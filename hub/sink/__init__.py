"""The sink: bus to store, one transaction at a time, then receipt and PUBACK (design 1, 3)."""
