"""Cameras: whether one is there, how it streams, and whether its picture can be trusted."""
