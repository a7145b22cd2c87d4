"""Daily reports of facilities: the same tables for quarantine sites and for field hospitals."""
