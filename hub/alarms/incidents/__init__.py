"""Incidents: what people and channels did about episodes, as an append-only ledger (docs/alarms.md). Pure."""
