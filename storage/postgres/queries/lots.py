"""Vaccine lots: which there are, and what was told of them."""

from collections.abc import Sequence

import asyncpg

from storage.cursors import bounded
from storage.lots import MOST_LOTS, LotFilter, Placement

_LOTS = """
SELECT DISTINCT lot FROM lot_placement
WHERE lot > $1 AND ($2::text IS NULL OR unit = $2) AND ($3::text IS NULL OR product = $3)
ORDER BY lot LIMIT $4
"""
_COLUMNS = (
    "number, lot, product, unit, doses, expiry, vvm, from_ms, thawed_ms, corrects, reason, actor, at_ms"
)
_PLACEMENTS = f"""
SELECT {_COLUMNS} FROM lot_placement WHERE lot = ANY($1::text[]) ORDER BY number
"""  # noqa: S608  our columns
_AFTER = f"SELECT {_COLUMNS} FROM lot_placement WHERE number > $1 ORDER BY number LIMIT $2"  # noqa: S608  our columns


async def lots(connection: asyncpg.Connection, wanted: LotFilter, after: str, limit: int) -> list[str]:
    rows = await connection.fetch(_LOTS, after, wanted.unit, wanted.product, bounded(limit))
    return [row["lot"] for row in rows]


async def placements(connection: asyncpg.Connection, wanted: Sequence[str]) -> list[Placement]:
    names = [lot for lot in wanted[:MOST_LOTS] if "\0" not in lot]
    rows = await connection.fetch(_PLACEMENTS, names)
    return [Placement(*row) for row in rows]


async def placements_after(connection: asyncpg.Connection, number: int, limit: int) -> list[Placement]:
    rows = await connection.fetch(_AFTER, number, bounded(limit))
    return [Placement(*row) for row in rows]
