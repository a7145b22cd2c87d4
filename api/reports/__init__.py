"""Reports: one package each, found by folder; it exports ``REPORT`` (api/reports/report.py).

The same facts give the same bytes whenever a report is made: its data say up to when things count, never when
it was made, and their SHA-256 stands on every copy.
"""
