"""What stands in the way at a gate: a relay that lets people pass, and a sensor that sees them pass."""
