"""What scanners put around a code, and how it reaches us."""
