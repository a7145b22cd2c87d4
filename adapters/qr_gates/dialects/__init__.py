"""How terminals tell of scans by HTTP: bodies in, scans out, and what they want to hear. Pure."""
