"""Alarms: what a rule says of readings (docs/alarm_rules.md). Pure: no I/O, event loop, clock or log."""
