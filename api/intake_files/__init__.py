"""Tables that people fill in, as CSV or a workbook: to bodies of intake, or every mistake by its row."""
