"""Backup, verify and restore of one installation: the store, the spool, and the few files beside them.

In it: the store (SQLite or PostgreSQL), the spool with its sealed captures, the bus passwords, the API's
keys (hashes) and the configuration. Not in it: any key of the vault (design 4), the broker's data.
"""
