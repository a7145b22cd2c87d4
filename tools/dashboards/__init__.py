"""The dashboards of docs/grafana: one description, made into two languages of queries.

``python -m tools.dashboards --write`` writes them; tests/influx/test_dashboards.py asks each of real servers.
"""
