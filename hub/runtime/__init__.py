"""Processes of epihub: what ``up``, ``edge``, ``hub`` and ``demo`` are made of."""
