"""Runs of an analyzer: what was on the plate and what became of each; from its edge, else from the store."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api.deck import Deck
from hub.events import format_time
from storage.contract import BadCursor, ResultFilter, Row

MOST_STORED = 1000  # results, and entries of the quarantine, that one page of runs is made of
_EDGE_CURSOR = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})\Z")
_VOID = frozenset({"X", "D"})


@dataclass(frozen=True, slots=True)
class Runs:
    """``by_store``: made of what the hub knows; the edge of the analyzer knows its messages."""

    items: list[Row]
    next_cursor: str | None
    by_store: bool


async def runs(deck: Deck, device: str, *, limit: int, cursor: str | None) -> Runs:
    """The newest first; raises Problem 503, StoreUnavailable, BadCursor."""
    if deck.edge is not None and (deck.store is None or await _is_here(deck, device)):
        place = _place(cursor)
        rows, last = await deck.edge.runs(device, limit, place)
        items = [run_row(row) | {"edge": deck.settings.edge} for row in rows]
        return Runs(items, f"{last[0]}.{last[1]}" if last else None, by_store=False)
    return await _from_store(deck, device, limit, cursor)


def run_row(told: dict[str, Any]) -> Row:
    """One run as its edge tells it; counts are None where the message is too large to be opened."""
    wells = [_timed(well) for well in told["wells"]]
    row = {
        "id": told["capture"],
        "type": "run",
        "site": told["site"],
        "device": told["device"],
        "received": format_time(told["received_ms"]),
        "wells": wells,
        "more_wells": told["more_wells"],
        "parts": told["parts"],
        "opened": told["digest"] is not None,
    }
    return row | counted(wells, told["parts"])


def _timed(well: dict[str, Any]) -> Row:
    kept = {name: value for name, value in well.items() if name != "time_ms"}
    return kept | {"time": format_time(well["time_ms"])}


def counted(wells: Sequence[Row], parts: Sequence[Row]) -> Row:
    """``accounted``: understood results and controls, and parts that a person discarded; of ``total``.

    What waits in quarantine and what no profile knows is on the plate and not accounted for.
    """
    standing = [well for well in wells if well["status"] not in _VOID]
    waiting = sum(part["state"] == "WAITING" for part in parts)
    discarded = sum(part["state"] == "DISCARDED" for part in parts)
    unmapped = sum(bool(well["unmapped"]) for well in standing)
    times = sorted(str(well["time"]) for well in wells)
    return {
        "time": times[0] if times else None,
        "runs": sorted({str(well["run"]) for well in wells if well["run"]})[:3],
        "tests": list(dict.fromkeys(str(well["test"]) for well in wells))[:3],
        "total": len(standing) + waiting + discarded,
        "accounted": len(standing) - unmapped + discarded,
        "calls": dict(Counter(str(well["call"]) for well in standing if not well["control"])),
        "controls": sum(bool(well["control"]) for well in standing),
        "unmapped": unmapped,
        "quarantined": waiting,
        "discarded": discarded,
        "withdrawn": len(wells) - len(standing),
    }


def grouped(results: Sequence[Row], entries: Sequence[Row]) -> list[Row]:
    """Runs of stored results by the message they came in, in the order of ``results``."""
    found: dict[str, list[Row]] = {}
    for row in results:
        found.setdefault(str(row.get("capture") or row["id"]), []).append(row)
    parts: dict[str, list[Row]] = {}
    for entry in entries:
        parts.setdefault(str(entry.get("capture") or ""), []).append(entry)
    return [_stored(name, rows, parts.get(name, [])) for name, rows in found.items()]


def _stored(capture: str, rows: Sequence[Row], entries: Sequence[Row]) -> Row:
    first = rows[0]
    wells = [_well(row) for row in sorted(rows, key=lambda row: (str(row["time"]), str(row["specimen"])))]
    parts = [{name: entry.get(name) for name in ("reason", "place", "state")} for entry in entries]
    received = max(str(row["received"]) for row in rows)
    kept = {"id": capture, "type": "run", "site": first["site"], "device": first["device"]}
    kept |= {"received": received, "edge": first.get("edge"), "wells": wells, "more_wells": 0}
    return kept | {"parts": parts, "opened": True} | counted(wells, parts)


def _well(row: Row) -> Row:
    test = row["test"]
    kept = {name: row.get(name) for name in ("id", "specimen", "call", "status", "control", "time")}
    run = str(row.get("subject") or "").rpartition("|")[2]
    unmapped = row["call"] == "UNMAPPED"
    return kept | {"test": test.get("text") or test["code"], "run": run, "unmapped": unmapped}


async def _is_here(deck: Deck, device: str) -> bool:
    row = await deck.inventory.device(device)
    return row is None or row.get("edge") in (None, deck.settings.edge)


async def _from_store(deck: Deck, device: str, limit: int, cursor: str | None) -> Runs:
    """The page's end may cut the oldest run: it says ``cut``, and the rest of it begins the next page."""
    wanted = ResultFilter(device=device)
    page = await deck.reader.results(wanted, limit=min(MOST_STORED, limit * 100), cursor=cursor)
    entries = (await deck.reader.quarantine(None, limit=MOST_STORED, cursor=None)).items
    items = grouped(page.items, [entry for entry in entries if entry.get("device") == device])
    if page.next_cursor and items:
        items[-1]["cut"] = True
    return Runs(items, page.next_cursor, by_store=True)


def _place(cursor: str | None) -> tuple[int, int] | None:
    if cursor is None:
        return None
    found = _EDGE_CURSOR.match(cursor)
    if found is None:
        raise BadCursor("a cursor of another list")
    return int(found[1]), int(found[2])
