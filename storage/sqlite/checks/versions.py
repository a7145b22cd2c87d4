"""Which version of each laboratory fact is current: decided anew from the log (storage.versions)."""

from collections.abc import Iterator

import apsw

from storage.sqlite.checks.finding import Finding, Wrongs
from storage.sqlite.families import family_of
from storage.versions import current, members, place_of

# Most facts have one version that replaces none and that none replaces: those are current, whatever else.
_PLAIN = """
SELECT one.fact
FROM (SELECT fact, max(number) AS number FROM lab_result GROUP BY fact
      HAVING count(*) = 1 AND max(current) = 0) AS one
JOIN event AS own ON own.number = one.number
WHERE NOT EXISTS (
    SELECT 1 FROM event AS other WHERE other.supersedes = own.id AND other.edge = own.edge)
"""
_FAMILIES = """
SELECT fact FROM lab_result GROUP BY fact HAVING count(*) > 1
UNION
SELECT fact FROM lab_result JOIN event ON event.number = lab_result.number WHERE event.supersedes IS NOT NULL
UNION
SELECT lab_result.fact FROM event AS newer
JOIN event AS older ON older.id = newer.supersedes AND older.edge = newer.edge
JOIN lab_result ON lab_result.number = older.number
WHERE newer.supersedes IS NOT NULL
"""
_MARKED = "SELECT number, current, place_epoch, place_seq FROM lab_result WHERE fact = ?"
_EMPTY = """
SELECT fact FROM lab_fact WHERE NOT EXISTS (SELECT 1 FROM lab_result WHERE lab_result.fact = lab_fact.fact)
"""
WHAT = "phiên bản hiện hành / current versions"


def check(connection: apsw.Connection) -> Iterator[Finding]:
    """Every fact with more than one version, or with a link to another, is decided anew."""
    wrongs = Wrongs()
    looked_at = 0
    for (fact,) in connection.execute(_PLAIN):
        wrongs.add(f"fact {fact}: none is current")
    for (fact,) in connection.execute(_FAMILIES):
        looked_at += 1
        if _expected(connection, fact) != set(connection.execute(_MARKED, (fact,))):
            wrongs.add(f"fact {fact}")
    for (fact,) in connection.execute(_EMPTY):
        wrongs.add(f"fact {fact}: no version")
    yield wrongs.finding(WHAT, f"{looked_at} facts decided anew")


def _expected(connection: apsw.Connection, fact: int) -> set[tuple[int, int, int, int]]:
    family = family_of(connection, fact)
    versions = members(family, fact)
    chosen = current(versions, family)
    return {(version.number, int(version is chosen), *place_of(version, family)) for version in versions}
