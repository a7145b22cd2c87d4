"""What a vaccine was exposed to, out of readings: pure (docs/exposure.md)."""
