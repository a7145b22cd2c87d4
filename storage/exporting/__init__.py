"""Tables of the store for people and their programs: CSV and Parquet (docs/export.md).

A table is a module in ``tables/``; its columns are the manual's. All rows of a file are of one moment of the
store (``moment.py``), and go through in blocks: memory does not grow with the table.
"""
