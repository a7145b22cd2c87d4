"""Laboratory results as they stood at a number of the log (storage/results_known.py)."""

from typing import Any

import asyncpg

from storage.contract import TooManyRows
from storage.postgres.families import family_of
from storage.reporting import ResultsFilter, StoredResult
from storage.reporting_rows import stored_result, uncollected
from storage.results_known import MOST_RESULTS, chosen, fits, window

_STANDING = f"""
SELECT known.number, known.fact, known.day, known.time_ms, event.received_ms,
    (SELECT count(*) FROM lab_result AS other WHERE other.fact = known.fact), event.body
FROM lab_result AS known JOIN event ON event.number = known.number
WHERE known.current AND known.number <= $1 AND known.day BETWEEN $2::bigint AND $3::bigint
    AND known.time_ms BETWEEN $4 AND $5 AND ($6::text IS NULL OR known.call = $6)
    AND ($7::text[] IS NULL OR known.site = ANY($7)) AND ($8::text[] IS NULL OR known.specimen = ANY($8))
    AND ($9::bigint[] IS NULL OR known.fact = ANY($9))
LIMIT {MOST_RESULTS + 1}
"""  # noqa: S608  a number of ours
# Facts that had versions since, and those that supersede or are superseded; only where the window has one.
_DOUBTFUL = """
WITH doubtful AS (
    SELECT late.fact FROM lab_result AS late
    WHERE late.number > $1
        AND EXISTS (SELECT 1 FROM lab_result AS old WHERE old.fact = late.fact AND old.number <= $1)
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
    SELECT 1 FROM lab_result AS known WHERE known.fact = doubtful.fact AND known.number <= $1
        AND known.day BETWEEN $2::bigint AND $3::bigint AND known.time_ms BETWEEN $4 AND $5
) FROM doubtful
"""
_ONE = """
SELECT known.number, known.fact, known.day, known.time_ms, event.received_ms, $1::bigint, event.body
FROM lab_result AS known JOIN event ON event.number = known.number WHERE known.number = $2
"""


async def results_known(connection: asyncpg.Connection, wanted: ResultsFilter) -> list[StoredResult]:
    """By time and number; raises TooManyRows, and ValueError for more than 1000 specimens or facts."""
    bounds = (wanted.up_to, *window(wanted))
    doubtful = dict(await connection.fetch(_DOUBTFUL, *bounds))
    names = (_names(wanted.sites), _names(wanted.specimens))
    rows = await connection.fetch(_STANDING, *bounds, wanted.call, *names, wanted.facts)
    if len(rows) > MOST_RESULTS:
        raise TooManyRows
    with uncollected():
        found = [stored_result(row) for row in rows if row[1] not in doubtful]
    for fact in (fact for fact, reaches in doubtful.items() if reaches):
        row = await _chosen_anew(connection, fact, wanted.up_to)
        if row is not None and fits(result := stored_result(row), wanted):
            found.append(result)
    return sorted(found, key=lambda result: (result.time_ms, result.number))


async def _chosen_anew(connection: asyncpg.Connection, fact: int, up_to: int) -> Any:
    stood = chosen(await family_of(connection, fact), fact, up_to)
    return None if stood is None else await connection.fetchrow(_ONE, stood.versions, stood.number)


def _names(wanted: Any) -> list[str] | None:
    return None if wanted is None else [name for name in wanted if "\0" not in name]
