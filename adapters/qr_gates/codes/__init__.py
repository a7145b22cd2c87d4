"""Codes that people show at a gate: bytes in, what they say out. Pure (docs/gates.md)."""
