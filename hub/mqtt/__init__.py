"""MQTT 3.1.1: packets without I/O, and one connection's life."""
