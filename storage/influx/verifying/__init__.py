"""What of the store is compared with a server: one module a measurement."""
