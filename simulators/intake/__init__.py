"""People and other systems of the province that report to a hub over its API."""
