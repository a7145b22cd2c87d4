"""Where an edge that is apart keeps its own alarms: a folder of its data directory, with a store in it."""

EDGE_ALARMS = "edge-alarms"
