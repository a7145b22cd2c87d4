"""Vaccine lots: which there are, and what was told of them."""

import json
from collections.abc import Sequence

import apsw

from storage.cursors import bounded
from storage.lots import MOST_LOTS, LotFilter, Placement

_LOTS = """
SELECT DISTINCT lot FROM lot_placement
WHERE lot > :after AND (:unit IS NULL OR unit = :unit) AND (:product IS NULL OR product = :product)
ORDER BY lot LIMIT :rows
"""
_COLUMNS = (
    "number, lot, product, unit, doses, expiry, vvm, from_ms, thawed_ms, corrects, reason, actor, at_ms"
)
_PLACEMENTS = f"""
SELECT {_COLUMNS} FROM lot_placement WHERE lot IN (SELECT value FROM json_each(?)) ORDER BY number
"""  # noqa: S608  our columns
_AFTER = f"SELECT {_COLUMNS} FROM lot_placement WHERE number > ? ORDER BY number LIMIT ?"  # noqa: S608  our columns


def lots(connection: apsw.Connection, wanted: LotFilter, after: str, limit: int) -> list[str]:
    values = {"after": after, "unit": wanted.unit, "product": wanted.product, "rows": bounded(limit)}
    return [lot for (lot,) in connection.execute(_LOTS, values)]


def placements(connection: apsw.Connection, wanted: Sequence[str]) -> list[Placement]:
    rows = connection.execute(_PLACEMENTS, (json.dumps(list(wanted)[:MOST_LOTS]),))
    return [Placement(*row) for row in rows]


def placements_after(connection: apsw.Connection, number: int, limit: int) -> list[Placement]:
    return [Placement(*row) for row in connection.execute(_AFTER, (number, bounded(limit)))]
