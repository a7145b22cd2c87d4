"""One module a family of codes, found by folder: each gives ``FAMILY``."""
