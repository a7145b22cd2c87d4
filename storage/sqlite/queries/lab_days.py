"""Counts of laboratory results of a site and local day."""

import json
from typing import Any

import apsw

from storage.contract import MOST_LAB_DAYS, STAGES, LabDay, LabDayFilter, TooManyRows
from storage.lab_days import day_number, day_of, test_key

_BY_DAY = """
SELECT day, site, stage, NULL, sum(pos), sum(neg), sum(invalid), sum(error), sum(no_result),
    sum(indeterminate), sum(unmapped)
FROM lab_day
WHERE day >= :first AND day < :end AND (:test IS NULL OR test = :test)
    AND (:sites IS NULL OR site IN (SELECT value FROM json_each(:sites)))
GROUP BY day, site, stage LIMIT :rows
"""
_BY_TEST = """
SELECT day, site, stage, test, pos, neg, invalid, error, no_result, indeterminate, unmapped
FROM lab_day
WHERE day >= :first AND day < :end AND (:test IS NULL OR test = :test)
    AND (:sites IS NULL OR site IN (SELECT value FROM json_each(:sites)))
ORDER BY day, site, stage, test LIMIT :rows
"""


def lab_days(connection: apsw.Connection, wanted: LabDayFilter) -> list[LabDay]:
    """By day, site, stage and test; raises TooManyRows."""
    values = {
        "first": day_number(wanted.from_day),
        "end": day_number(wanted.to_day),
        "sites": None if wanted.sites is None else json.dumps(list(wanted.sites)),
        "test": None if wanted.test is None else test_key(wanted.test),
        "rows": MOST_LAB_DAYS + 1,
    }
    rows: list[Any] = connection.execute(_BY_TEST if wanted.by_test else _BY_DAY, values).fetchall()
    if len(rows) > MOST_LAB_DAYS:
        raise TooManyRows
    days = {number: day_of(number) for number in {row[0] for row in rows}}
    return [LabDay(days[row[0]], row[1], STAGES[row[2]], row[3], row[4:]) for row in rows]
