"""Counts of laboratory results by place and local day."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

import apsw

from storage.contract import MOST_LAB_DAYS, STAGES, LabDay, LabDayFilter, TooManyRows
from storage.lab_days import day_number, day_of, test_key

_OF_SITES = """
SELECT day, site, stage, pos, neg, invalid, error, no_result, indeterminate, unmapped FROM lab_day_sum
WHERE day >= :first AND day < :end AND (:sites IS NULL OR site IN (SELECT value FROM json_each(:sites)))
ORDER BY day, site, stage LIMIT :rows
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
    any_test = wanted.test is None and not wanted.by_test
    found = _by_place(connection, wanted) if any_test else _by_test(connection, wanted)
    if len(found) > MOST_LAB_DAYS:
        raise TooManyRows
    return found


def _by_place(connection: apsw.Connection, wanted: LabDayFilter) -> list[LabDay]:
    """Whatever the test: sites are added up here, in less time than SQLite takes to sort them by place."""
    most = MOST_LAB_DAYS + 1 if wanted.places is None else -1
    rows = connection.execute(_OF_SITES, _values(wanted) | {"rows": most})
    days = groupby(rows, itemgetter(0))
    if wanted.places is None:
        return [
            LabDay(day, site, STAGES[stage], None, tuple(counts))
            for day, of_day in ((day_of(number), of_day) for number, of_day in days)
            for _, site, stage, *counts in of_day
        ]
    numbering = _Numbering(wanted.places)
    found: list[LabDay] = []
    for number, of_day in days:
        found += numbering.added_up(day_of(number), of_day)
        if len(found) > MOST_LAB_DAYS:
            break
    return found


class _Numbering:
    """Places and stages by number, in the order of their names; what has no name is the first."""

    def __init__(self, places: Mapping[str, str]) -> None:
        names = sorted(set(places.values()))
        self._heads = [(name, stage, None) for name in (None, *names) for stage in STAGES]
        numbers = {name: number * len(STAGES) for number, name in enumerate(names, 1)}
        self._of_site = {site: numbers[name] for site, name in places.items()}

    def added_up(self, day: date, rows: Iterable[Any]) -> list[LabDay]:
        """The rows of one day, in the order of places and stages."""
        found: dict[int, tuple[int, ...]] = {}
        of_site, heads, made = self._of_site.get, self._heads, LabDay._make
        for _, site, stage, a, b, c, d, e, f, g in rows:
            number = of_site(site, 0) + stage
            if number in found:  # a tuple written out: half the time of a sum over pairs
                a0, b0, c0, d0, e0, f0, g0 = found[number]
                found[number] = (a0 + a, b0 + b, c0 + c, d0 + d, e0 + e, f0 + f, g0 + g)
            else:
                found[number] = (a, b, c, d, e, f, g)
        return [made((day, *heads[number], found[number])) for number in sorted(found)]


def _by_test(connection: apsw.Connection, wanted: LabDayFilter) -> list[LabDay]:
    names = sorted(set(wanted.places.values())) if wanted.places is not None else []
    values = _values(wanted) | {
        "places": None if wanted.places is None else _coded(wanted.places, names),
        "test": None if wanted.test is None else test_key(wanted.test),
        "rows": MOST_LAB_DAYS + 1,
    }
    rows: list[Any] = connection.execute(_BY_TEST if wanted.by_test else _OF_TEST, values).fetchall()
    days = {number: day_of(number) for number in {row[0] for row in rows}}
    named = dict(enumerate(names))
    return [LabDay(days[row[0]], named.get(row[1], row[1]), STAGES[row[2]], row[3], row[4:]) for row in rows]


def _values(wanted: LabDayFilter) -> dict[str, Any]:
    return {
        "first": day_number(wanted.from_day),
        "end": day_number(wanted.to_day),
        "sites": None if wanted.sites is None else json.dumps(list(wanted.sites)),
    }


def _coded(places: Mapping[str, str], names: list[str]) -> str:
    """Places by number, in the order of their names: the database sorts those in half the time."""
    numbers = {name: number for number, name in enumerate(names)}
    return json.dumps({site: numbers[name] for site, name in places.items()})
