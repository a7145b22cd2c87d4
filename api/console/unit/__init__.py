"""One file a section of a unit's page, found by folder. Each exports ``SECTION``."""
