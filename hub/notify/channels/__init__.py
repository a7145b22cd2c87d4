"""Channels: each takes one message to one address, and says what became of it."""
