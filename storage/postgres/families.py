"""Versions of a laboratory fact with all that they supersede or are superseded by, read from PostgreSQL."""

import asyncpg

from storage.versions import Version

# A bound on hostile input; an honest family has as many members as there were corrections and replays.
LARGEST_FAMILY = 10_000

# The versions of a fact, then their links in both directions until nothing new comes. The LIMIT
# stands outside: PostgreSQL goes on with a recursion only as far as it is asked for rows.
_FAMILY = """
WITH RECURSIVE family (number) AS (
    SELECT number FROM lab_result WHERE fact = $1
    UNION
    SELECT other.number
    FROM family
    JOIN event AS one ON one.number = family.number
    CROSS JOIN LATERAL (
        SELECT number, edge FROM event WHERE id = one.supersedes
        UNION ALL
        SELECT number, edge FROM event WHERE supersedes = one.id
    ) AS other
    WHERE other.edge = one.edge
)
SELECT event.number, event.id, lab_result.fact, event.edge, event.epoch, event.seq, lab_result.status,
       coalesce(event.supersedes, ''::bytea)
FROM (SELECT number FROM family LIMIT $2) AS bounded
JOIN lab_result ON lab_result.number = bounded.number
JOIN event ON event.number = bounded.number
"""


async def family_of(connection: asyncpg.Connection, fact: int) -> dict[bytes, Version]:
    """The versions of ``fact`` and every version they are linked with, by event id."""
    versions = [Version(*row) for row in await connection.fetch(_FAMILY, fact, LARGEST_FAMILY)]
    return {version.id: version for version in versions}
