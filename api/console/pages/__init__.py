"""One file a page, found by folder. Each exports ``PAGE``, which names its role."""
