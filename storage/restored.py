"""What both dialects do with a store that comes out of a backup."""

# Log numbers of a restored store begin this much later: readers that were ahead of the backup find
# everything that comes after it, instead of missing what now has the numbers they have passed.
RESTORED_AHEAD = 1_000_000_000

# Counts of the ``store`` row that a backup's manifest tells.
COUNTED = ("events", "results", "readings", "poison")
