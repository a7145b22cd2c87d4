"""Feeds out: what destinations are sent of the log, in which order, what becomes of it (docs/feeds.md)."""
