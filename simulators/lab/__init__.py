"""Simulated PCR analyzers that speak HL7 v2.5.1 over MLLP."""
