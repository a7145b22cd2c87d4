"""The edge: adapters in, spool in the middle, relay out."""
