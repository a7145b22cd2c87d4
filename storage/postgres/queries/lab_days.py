"""Counts of laboratory results by place and local day."""

from typing import Any

import asyncpg

from storage.contract import MOST_LAB_DAYS, STAGES, LabDay, LabDayFilter, TooManyRows
from storage.lab_days import day_number, day_of, test_key

_BY_PLACE = """
SELECT day, CASE WHEN $5::text[] IS NULL THEN lab_day_sum.site ELSE named.name END AS place, stage, NULL,
    sum(pos), sum(neg), sum(invalid), sum(error), sum(no_result), sum(indeterminate), sum(unmapped)
FROM lab_day_sum
    LEFT JOIN unnest($5::text[], $6::text[]) AS named (site, name) ON named.site = lab_day_sum.site
WHERE day >= $1 AND day < $2
    AND ($3::text[] IS NULL OR lab_day_sum.site = ANY($3::text[]))
GROUP BY day, place, stage ORDER BY day, place NULLS FIRST, stage LIMIT $4
"""
_OF_TEST = """
SELECT day, CASE WHEN $5::text[] IS NULL THEN lab_day.site ELSE named.name END AS place, stage, NULL,
    sum(pos), sum(neg), sum(invalid), sum(error), sum(no_result), sum(indeterminate), sum(unmapped)
FROM lab_day LEFT JOIN unnest($5::text[], $6::text[]) AS named (site, name) ON named.site = lab_day.site
WHERE day >= $1 AND day < $2 AND test = $7
    AND ($3::text[] IS NULL OR lab_day.site = ANY($3::text[]))
GROUP BY day, place, stage ORDER BY day, place NULLS FIRST, stage LIMIT $4
"""
_BY_TEST = """
SELECT day, CASE WHEN $5::text[] IS NULL THEN lab_day.site ELSE named.name END AS place, stage, test,
    sum(pos), sum(neg), sum(invalid), sum(error), sum(no_result), sum(indeterminate), sum(unmapped)
FROM lab_day LEFT JOIN unnest($5::text[], $6::text[]) AS named (site, name) ON named.site = lab_day.site
WHERE day >= $1 AND day < $2 AND ($7::text IS NULL OR test = $7)
    AND ($3::text[] IS NULL OR lab_day.site = ANY($3::text[]))
GROUP BY day, place, stage, test ORDER BY day, place NULLS FIRST, stage, test LIMIT $4
"""


async def lab_days(connection: asyncpg.Connection, wanted: LabDayFilter) -> list[LabDay]:
    """By day, place, stage and test; raises TooManyRows."""
    names = [*(wanted.sites or ()), wanted.test or ""]
    if any("\0" in name for name in names):
        return []
    values = [
        day_number(wanted.from_day),
        day_number(wanted.to_day),
        None if wanted.sites is None else list(wanted.sites),
        MOST_LAB_DAYS + 1,
        None if wanted.places is None else list(wanted.places),
        None if wanted.places is None else list(wanted.places.values()),
    ]
    rows = await connection.fetch(*_select(wanted, values))
    if len(rows) > MOST_LAB_DAYS:
        raise TooManyRows
    days = {number: day_of(number) for number in {row[0] for row in rows}}
    return [LabDay(days[row[0]], row[1], STAGES[row[2]], row[3], tuple(row)[4:]) for row in rows]


def _select(wanted: LabDayFilter, values: list[Any]) -> tuple[Any, ...]:
    """A statement and its values: the server takes none that it does not use."""
    test = None if wanted.test is None else test_key(wanted.test)
    if wanted.by_test:
        return (_BY_TEST, *values, test)
    return (_BY_PLACE, *values) if test is None else (_OF_TEST, *values, test)
