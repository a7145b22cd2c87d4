"""The lots' part of a transaction (storage.lots)."""

from collections.abc import Sequence

import apsw

from storage.lots import Placement

# The store gives the number: whoever asks cannot collide with another.
_INSERT = """
INSERT INTO lot_placement
    (number, lot, product, unit, doses, expiry, vvm, from_ms, thawed_ms, corrects, reason, actor, at_ms)
SELECT coalesce(max(number), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM lot_placement
"""


def enter(connection: apsw.Connection, placements: Sequence[Placement]) -> None:
    """Write them in the running transaction, under new numbers."""
    connection.executemany(_INSERT, [row[1:] for row in placements])
