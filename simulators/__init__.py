"""Simulated devices of a province. They share no code with the hub: a fault in both would hide itself."""
