"""Counts of laboratory results by place and local day."""

import json
from collections.abc import Mapping
from typing import Any

import apsw

from storage.contract import MOST_LAB_DAYS, STAGES, LabDay, LabDayFilter, TooManyRows
from storage.lab_days import day_number, day_of, test_key

_BY_PLACE = """
WITH named (site, name) AS MATERIALIZED (SELECT key, value FROM json_each(:places))
SELECT day, iif(:places IS NULL, lab_day_sum.site, name) AS place, stage, NULL,
    sum(pos), sum(neg), sum(invalid), sum(error), sum(no_result), sum(indeterminate), sum(unmapped)
FROM lab_day_sum LEFT JOIN named ON named.site = lab_day_sum.site
WHERE day >= :first AND day < :end
    AND (:sites IS NULL OR lab_day_sum.site IN (SELECT value FROM json_each(:sites)))
GROUP BY day, place, stage ORDER BY day, place, stage LIMIT :rows
"""
_OF_TEST = """
WITH named (site, name) AS MATERIALIZED (SELECT key, value FROM json_each(:places))
SELECT day, iif(:places IS NULL, lab_day.site, name) AS place, stage, NULL,
    sum(pos), sum(neg), sum(invalid), sum(error), sum(no_result), sum(indeterminate), sum(unmapped)
FROM lab_day LEFT JOIN named ON named.site = lab_day.site
WHERE day >= :first AND day < :end AND test = :test
    AND (:sites IS NULL OR lab_day.site IN (SELECT value FROM json_each(:sites)))
GROUP BY day, place, stage ORDER BY day, place, stage LIMIT :rows
"""
_BY_TEST = """
WITH named (site, name) AS MATERIALIZED (SELECT key, value FROM json_each(:places))
SELECT day, iif(:places IS NULL, lab_day.site, name) AS place, stage, test,
    sum(pos), sum(neg), sum(invalid), sum(error), sum(no_result), sum(indeterminate), sum(unmapped)
FROM lab_day LEFT JOIN named ON named.site = lab_day.site
WHERE day >= :first AND day < :end AND (:test IS NULL OR test = :test)
    AND (:sites IS NULL OR lab_day.site IN (SELECT value FROM json_each(:sites)))
GROUP BY day, place, stage, test ORDER BY day, place, stage, test LIMIT :rows
"""


def lab_days(connection: apsw.Connection, wanted: LabDayFilter) -> list[LabDay]:
    """By day, place, stage and test; raises TooManyRows."""
    names = sorted(set(wanted.places.values())) if wanted.places is not None else []
    values = {
        "first": day_number(wanted.from_day),
        "end": day_number(wanted.to_day),
        "sites": None if wanted.sites is None else json.dumps(list(wanted.sites)),
        "places": None if wanted.places is None else _coded(wanted.places, names),
        "test": None if wanted.test is None else test_key(wanted.test),
        "rows": MOST_LAB_DAYS + 1,
    }
    rows: list[Any] = connection.execute(_select(wanted), values).fetchall()
    if len(rows) > MOST_LAB_DAYS:
        raise TooManyRows
    days = {number: day_of(number) for number in {row[0] for row in rows}}
    named = dict(enumerate(names))
    return [
        LabDay._make((days[row[0]], named.get(row[1], row[1]), STAGES[row[2]], row[3], row[4:]))
        for row in rows
    ]


def _select(wanted: LabDayFilter) -> str:
    if wanted.by_test:
        return _BY_TEST
    return _BY_PLACE if wanted.test is None else _OF_TEST


def _coded(places: Mapping[str, str], names: list[str]) -> str:
    """Places by number, in the order of their names: the database sorts those in half the time."""
    numbers = {name: number for number, name in enumerate(names)}
    return json.dumps({site: numbers[name] for site, name in places.items()})
