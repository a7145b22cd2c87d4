"""What a gate decides, from what a code says and what the gate knows: pure, off-line, rules as data."""
