"""Pages of an edge: its own console alone, and the same ones beside the hub's on one machine."""
