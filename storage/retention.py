"""What goes, and when: the log keeps readings and camera health 7 days, tables keep readings 13 months."""

DAY_MS = 24 * 3600 * 1000
LOG_MS = 7 * DAY_MS  # design 3, counted from arrival at the hub
READINGS_MS = 396 * DAY_MS  # 13 months (design 3), counted from the reading's own time
MOST_ROWS_A_SLICE = 1000  # about 3 ms, 23 ms when a checkpoint falls into it: batches wait no longer
