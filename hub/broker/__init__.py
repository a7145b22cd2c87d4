"""The embedded NATS server: its accounts, its configuration and its process."""
