"""Signed certificates inside codes: containers, signatures, and whose keys are trusted. Pure."""
