"""What facilities report of each day. The same day gives the same figures, whenever it is told."""

import random
from collections.abc import Iterator
from datetime import date, timedelta

from simulators.intake.plan import Body, facilities_of

_SILENT_SHARE = 0.02  # of quarantine sites, each day others
_BEDS = 300


def quarantine_days(day: date) -> Iterator[Body]:
    """Of nearly all quarantine sites; who is inside is yesterday's, plus who came, minus who left."""
    for facility in facilities_of("quarantine"):
        rng = random.Random(f"quarantine {facility} {day.isoformat()}")
        before, now = _inside(facility, day - timedelta(days=1)), _inside(facility, day)
        to_hospital = int(rng.random() < 0.1)
        completed = rng.randint(0, 6)
        entered = now - before + to_hospital + completed
        if entered < 0:
            completed, entered = completed - entered, 0
        told: Body = {"facility": facility, "date": day.isoformat(), "figures": _figures(rng, now, entered)}
        told["figures"] |= {
            "f1_to_f0": to_hospital,
            "left_hospital": to_hospital,
            "left_completed": completed,
        }
        if to_hospital:
            told["last_f0"] = day.isoformat()
        if rng.random() >= _SILENT_SHARE:
            yield told


def _inside(facility: str, day: date) -> int:
    """Never far from what it was a day before."""
    size = 20 + sum(map(ord, facility)) % 60
    return size + random.Random(f"inside {facility} {day.isoformat()}").randint(-4, 4)


def _figures(rng: random.Random, now: int, entered: int) -> Body:
    return {
        "in_care": now,
        "entered": entered,
        "workers": rng.randint(0, entered),
        "children": rng.randint(0, entered // 3),
        "pregnant_women": int(entered > 3 and rng.random() < 0.2),
        "foreigners": int(entered > 3 and rng.random() < 0.1),
        "sampled_1": entered,
        "sampled_2": rng.randint(0, now // 4),
        "sampled_3": rng.randint(0, now // 5),
    }


def bed_days(day: date) -> Iterator[Body]:
    """Of every field hospital."""
    for facility in facilities_of("field-hospital"):
        rng = random.Random(f"beds {facility} {day.isoformat()}")
        before, now = _inside(facility, day - timedelta(days=1)), _inside(facility, day)
        transferred, died = rng.randint(0, 2), int(rng.random() < 0.1)
        discharged = rng.randint(0, 5)
        admitted = now - before + transferred + died + discharged
        if admitted < 0:
            discharged, admitted = discharged - admitted, 0
        figures = {"beds": _BEDS, "in_treatment": now, "admitted": admitted, "discharged": discharged}
        figures |= {"transferred": transferred, "died": died}
        yield {"facility": facility, "date": day.isoformat(), "figures": figures}
