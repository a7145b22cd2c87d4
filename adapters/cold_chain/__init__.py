"""Vaccine fridges, freezers and cold rooms: what their probes say becomes ``coldchain.reading.v1``."""
