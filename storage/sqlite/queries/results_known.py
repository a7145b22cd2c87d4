"""Laboratory results as they stood at a number of the log (storage/results_known.py)."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apsw

from storage.contract import TooManyRows
from storage.reporting import ResultsFilter, StoredResult
from storage.reporting_rows import stored_result, uncollected
from storage.results_known import MOST_RESULTS, chosen, fits, window
from storage.sqlite.families import family_of

_STANDING = """
SELECT known.number, known.fact, known.day, known.time_ms, event.received_ms,
    (SELECT count(*) FROM lab_result AS other WHERE other.fact = known.fact), event.body
FROM lab_result AS known JOIN event ON event.number = known.number
WHERE known.current = 1 AND known.number <= :up_to AND known.time_ms BETWEEN :from_ms AND :to_ms
    AND known.day BETWEEN :from_day AND :to_day
"""
_FILTERS = {
    "specimens": "AND known.specimen IN (SELECT value FROM json_each(:specimens))",
    "facts": "AND known.fact IN (SELECT value FROM json_each(:facts))",
    "call": "AND known.call = :call",
    "sites": "AND known.site IN (SELECT value FROM json_each(:sites))",
}
# Facts that had versions since, and those that supersede or are superseded; and whether the window has one.
_DOUBTFUL = """
WITH doubtful AS (
    SELECT late.fact FROM lab_result AS late
    WHERE late.number > :up_to
        AND EXISTS (SELECT 1 FROM lab_result AS old WHERE old.fact = late.fact AND old.number <= :up_to)
    UNION
    SELECT new.fact FROM event JOIN lab_result AS new ON new.number = event.number
    WHERE event.supersedes IS NOT NULL
    UNION
    SELECT old.fact FROM event
    JOIN event AS replaced ON replaced.id = event.supersedes
    JOIN lab_result AS old ON old.number = replaced.number
    WHERE event.supersedes IS NOT NULL
)
SELECT fact, EXISTS (
    SELECT 1 FROM lab_result AS known WHERE known.fact = doubtful.fact AND known.number <= :up_to
        AND known.time_ms BETWEEN :from_ms AND :to_ms AND known.day BETWEEN :from_day AND :to_day
) FROM doubtful
"""
_ONE = """
SELECT known.number, known.fact, known.day, known.time_ms, event.received_ms, ?, event.body
FROM lab_result AS known JOIN event ON event.number = known.number WHERE known.number = ?
"""


def results_known(connection: apsw.Connection, wanted: ResultsFilter) -> list[StoredResult]:
    """By time and number; raises TooManyRows, and ValueError for more than 1000 specimens or facts."""
    values = _values(wanted)
    sql = _STANDING + " ".join(part for name, part in _FILTERS.items() if values[name] is not None)
    found_doubtful: Any = connection.execute(_DOUBTFUL, values)
    doubtful: dict[int, int] = dict(found_doubtful)
    rows = connection.execute(f"{sql} LIMIT {MOST_RESULTS + 1}", values).fetchall()
    if len(rows) > MOST_RESULTS:
        raise TooManyRows
    with uncollected():
        found = [stored_result(row) for row in rows if row[1] not in doubtful]
    anew = _chosen_anew(connection, (fact for fact, reaches in doubtful.items() if reaches), wanted.up_to)
    found += [result for row in anew if fits(result := stored_result(row), wanted)]
    return sorted(found, key=lambda result: (result.time_ms, result.number))


def _chosen_anew(connection: apsw.Connection, facts: Iterable[int], up_to: int) -> Iterator[tuple[Any, ...]]:
    for fact in facts:
        stood = chosen(family_of(connection, fact), fact, up_to)
        if stood is not None:
            row: Any = connection.execute(_ONE, (stood.versions, stood.number)).fetchone()
            yield row


def _values(wanted: ResultsFilter) -> dict[str, Any]:
    from_day, to_day, from_ms, to_ms = window(wanted)
    return {
        "up_to": wanted.up_to,
        "from_day": from_day,
        "to_day": to_day,
        "from_ms": from_ms,
        "to_ms": to_ms,
        "call": wanted.call,
        "sites": _json(wanted.sites),
        "specimens": _json(wanted.specimens),
        "facts": _json(wanted.facts),
    }


def _json(wanted: Sequence[str] | Sequence[int] | None) -> str | None:
    return None if wanted is None else json.dumps(list(wanted))
