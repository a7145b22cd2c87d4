"""Who is told of an incident, when, how and in which words (docs/notify.md)."""
