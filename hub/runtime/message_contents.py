"""What is in a message, for a list: how many results, of which specimens, with which calls. Pure.

Nothing here names a person: specimens are as they go to the bus, ``person`` is left out.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from hub.events import encode_data
from hub.facts import Fact
from hub.payloads import LabResult
from hub.spool import Emitted
from hub.unmapped_codes import unmapped_codes

MOST_SPECIMENS = 3
LARGEST_ANSWER_BYTES = 3 << 19  # a line of the local socket holds 4 MiB (hub.control)
_VOID = frozenset({"X", "D"})
_result = msgspec.json.Decoder(LabResult).decode


def results_of(emitted: Sequence[Emitted]) -> list[tuple[Emitted, LabResult]]:
    """The laboratory results among the facts of a message, in its order."""
    return [(each, _result(each.data)) for each in emitted if each.type == LabResult.TYPE]


def is_unmapped(emitted: Sequence[Emitted]) -> bool:
    """Whether a code of it waits for a word in the profile."""
    return any(unmapped_codes(result) for _, result in results_of(emitted))


def digest(emitted: Sequence[Emitted], repeats: Collection[str] = ()) -> dict[str, Any]:
    """``calls`` counts results of patients that stand; ``controls`` and ``withdrawn`` are beside them.

    ``repeats``: ids of facts that were known from an earlier message; here they are a number.
    """
    found = [result for _, result in results_of(emitted)]
    standing = [result for result in found if result.status not in _VOID]
    patients = [result for result in standing if not result.control]
    specimens = dict.fromkeys(result.specimen for result in patients)
    return {
        "facts": len(emitted),
        "repeats": sum(each.id in repeats for each in emitted),
        "results": len(standing),
        "controls": len(standing) - len(patients),
        "withdrawn": len(found) - len(standing),
        "specimens": list(specimens)[:MOST_SPECIMENS],
        "more_specimens": max(0, len(specimens) - MOST_SPECIMENS),
        "calls": dict(Counter(result.call for result in patients)),
        "unmapped": sum(len(unmapped_codes(result)) for result in found),
    }


def wells(emitted: Sequence[Emitted]) -> list[dict[str, Any]]:
    """The results of a message in its order, controls and withdrawn ones too: what a plate shows.

    ``run``: what the profile names a run by, the last part of the key (design 4), pseudonymous as all of it.
    """
    return [
        {
            "id": each.id,
            "specimen": result.specimen,
            "test": result.test.text or result.test.code,
            "call": result.call,
            "status": result.status,
            "control": result.control,
            "unmapped": bool(unmapped_codes(result)),
            "run": each.key.rpartition("|")[2],
            "time_ms": each.time_ms,
        }
        for each, result in results_of(emitted)
    ]


def fitting(rows: Sequence[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """The first of ``rows`` that an answer can carry: ``most`` of them, and a megabyte and a half of JSON."""
    size, kept = 0, list[dict[str, Any]]()
    for row in rows[:most]:
        size += len(msgspec.json.encode(row))
        if kept and size > LARGEST_ANSWER_BYTES:
            break
        kept.append(row)
    return kept


def shown(type_: str, key: str, time_ms: int, data: bytes) -> dict[str, Any]:
    """One fact as people may see it: the payload without the person."""
    told: dict[str, Any] = msgspec.json.decode(data)
    told.pop("person", None)
    return {"type": type_, "key": key, "time_ms": time_ms, "data": told}


def compared(emitted: Sequence[Emitted], facts: Sequence[Fact]) -> list[dict[str, Any]]:
    """What stands beside what the profile makes of the message now, in its order.

    ``change``: "same", "changed", "new" (a replay would add it), "gone" (a replay would withdraw it).
    """
    known = {(each.type, each.key): each for each in emitted}
    rows = []
    for fact in facts:
        data = encode_data(fact.payload)
        old = known.pop((fact.payload.TYPE, fact.key), None)
        same = old is not None and (old.data, old.time_ms) == (data, fact.time_ms)
        change = "new" if old is None else "same" if same else "changed"
        row = shown(fact.payload.TYPE, fact.key, fact.time_ms, data)
        rows.append(row | {"change": change, "id": old.id if old else None})
    for old in known.values():
        told = shown(old.type, old.key, old.time_ms, old.data)
        void = told["data"].get("status") in _VOID or told["data"].get("reason") == "withdrawn"
        rows.append(told | {"change": "same" if void else "gone", "id": old.id})
    return rows
