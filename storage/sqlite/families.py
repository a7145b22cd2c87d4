"""Versions of a laboratory fact with all that they supersede or are superseded by, read from SQLite."""

import apsw

from storage.versions import Version

# A bound on hostile input; an honest family has as many members as there were corrections and replays.
LARGEST_FAMILY = 10_000

# The versions of a fact, then their links in both directions until nothing new comes.
_FAMILY = """
WITH RECURSIVE family (number) AS (
    SELECT number FROM lab_result WHERE fact = :fact
    UNION
    SELECT other.number
    FROM family
    JOIN event AS one ON one.number = family.number
    JOIN event AS other ON other.edge = one.edge
        AND other.number IN (
            SELECT number FROM event WHERE id = one.supersedes
            UNION ALL
            SELECT number FROM event WHERE supersedes = one.id
        )
    LIMIT :most
)
SELECT event.number, event.id, lab_result.fact, event.edge, event.epoch, event.seq, lab_result.status,
       coalesce(event.supersedes, x'')
FROM family
JOIN lab_result ON lab_result.number = family.number
JOIN event ON event.number = family.number
"""


def family_of(connection: apsw.Connection, fact: int) -> dict[bytes, Version]:
    """The versions of ``fact`` and every version they are linked with, by event id."""
    rows = connection.execute(_FAMILY, {"fact": fact, "most": LARGEST_FAMILY})
    versions = [Version(*row) for row in rows]
    return {version.id: version for version in versions}
