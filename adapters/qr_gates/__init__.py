"""QR gates: what a shown code says, and what a gate decides about it."""
