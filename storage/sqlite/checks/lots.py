"""Placements of vaccine lots: one chain, as the ledger of incidents says with each row."""

import json
from collections.abc import Iterator

import apsw

from storage.lots import CHAIN_BEGINS, Placement, link
from storage.sqlite.checks.finding import Finding

WHAT = "vị trí các lô / placements of lots"
_ROWS = f"SELECT {', '.join(Placement._fields)} FROM lot_placement ORDER BY number"  # noqa: S608  our columns
_TOLD = "SELECT body FROM incident_entry WHERE kind = 'PLACED' ORDER BY number"


def check(connection: apsw.Connection) -> Iterator[Finding]:
    """Rows from before the ledger told of them are proved by the first one that it tells of."""
    try:
        told = {number: chain for (body,) in connection.execute(_TOLD) for number, chain in [_told(body)]}
    except (ValueError, KeyError, TypeError):
        yield Finding(False, WHAT, "the ledger cannot be read")
        return
    rows = [Placement(*row) for row in connection.execute(_ROWS)]
    wrong = _first_wrong(rows, told)
    if wrong:
        yield Finding(False, WHAT, f"row {wrong} or one before it is not what was told, or is missing")
    else:
        untold = "" if told or not rows else ", the ledger does not tell of them yet"
        yield Finding(True, WHAT, f"{len(rows)} rows{untold}")


def _first_wrong(rows: list[Placement], told: dict[int, str]) -> int:
    """0: none."""
    chain, first = CHAIN_BEGINS, min(told, default=len(rows) + 1)
    for place, row in enumerate(rows, start=1):
        chain = link(chain, row)
        if row.number != place or (place >= first and told.get(place) != chain.hex()):
            return place
    return len(rows) + 1 if max(told, default=0) > len(rows) else 0


def _told(body: bytes) -> tuple[int, str]:
    detail = json.loads(body)["detail"]
    return int(detail["placement"]), str(detail["chain"])
