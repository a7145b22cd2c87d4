"""The lots' part of a transaction (storage.lots)."""

from collections.abc import Sequence

import asyncpg

from storage.lots import Placement

# The store gives the number: whoever asks cannot collide with another.
_INSERT = """
INSERT INTO lot_placement
    (number, lot, product, unit, doses, expiry, vvm, from_ms, thawed_ms, corrects, reason, actor, at_ms)
SELECT coalesce(max(number), 0) + 1, $1, $2, $3, $4::bigint, $5, $6, $7::bigint, $8::bigint, $9::bigint, $10,
    $11, $12::bigint
FROM lot_placement
"""


async def enter(connection: asyncpg.Connection, placements: Sequence[Placement]) -> None:
    """Write them in the running transaction, under new numbers."""
    for row in placements:
        await connection.execute(_INSERT, *row[1:])
