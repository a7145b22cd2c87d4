"""What is told once: numbers to compare with, roll-out, declarations, assessments, vaccination."""

import random
from collections.abc import Iterator
from datetime import date, timedelta

from simulators.intake.plan import SINCE, Body, facilities, facilities_of, load_plan

DECLARED_FROM, DECLARED_TO = date(2020, 4, 1), date(2021, 8, 4)
CAMPAIGN_DAYS = 6
WASTED_SHARE = 0.01
# Products of the demo's cold store, with one lot each.
LOTS = (("ABX4312", "astrazeneca"), ("FD9234", "comirnaty"), ("2021050984", "vero-cell"))
HOT_SPOTS = ("735", "737", "738")
_TYPED_SHARE = 0.1  # of declarations, taken down by hand

Post = tuple[str, list[Body]]
"""The intake type, and what is told."""


def before_all() -> Iterator[Post]:
    """Who reports, and what reports compare with."""
    plan = load_plan()
    yield "facility", [told | {"origin": "imported"} for told in facilities()]
    told = {"valid_from": SINCE, "origin": "imported"}
    yield (
        "reference",
        [
            {"name": "workplaces", "value": plan.workplaces} | told,
            {"name": "session_plans", "value": plan.session_plans} | told,
        ],
    )
    yield "rollout", list(_rollout())


def _rollout() -> Iterator[Body]:
    """First Biên Hòa, then the hot spots, then the province; in 2022 everything."""
    steps = {"731": "2021-08-05"} | dict.fromkeys(HOT_SPOTS, "2021-08-10")
    for district in load_plan().districts:
        begun = steps.get(district.code, "2021-08-20")
        for phase, day in ((1, begun), (2, "2021-09-20"), (3, "2022-04-20")):
            yield {"district": district.code, "valid_from": day, "phase": phase, "origin": "imported"}


def declarations() -> Iterator[Body]:
    """As many as the plan tells, of each district."""
    rng = random.Random("declarations")
    days = (DECLARED_TO - DECLARED_FROM).days
    for district in load_plan().districts:
        for number in range(district.declarations):
            day = DECLARED_FROM + timedelta(days=rng.randint(0, days))
            yield {
                "reference": f"KB-{district.code}-{number + 1:05d}",
                "date": day.isoformat(),
                "district": district.code,
                "commune": rng.choice(district.communes),
                "symptoms": ["fever"] if rng.random() < 0.03 else [],
                "origin": "manual" if rng.random() < _TYPED_SHARE else "imported",
            }


def assessments() -> Iterator[Body]:
    """Workplaces by their level of risk, each once."""
    rng, plan = random.Random("assessments"), load_plan()
    levels = [level for level, count in plan.assessments.items() for _ in range(count)]
    for number, level in enumerate(levels):
        day = f"2021-{rng.randint(6, 7):02d}-{rng.randint(1, 28):02d}"
        yield {
            "workplace": f"DN-{number + 1:05d}",
            "district": rng.choice(plan.districts).code,
            "level": level,
            "submitted": f"{day}T{rng.randint(7, 16):02d}:00:00+07:00",
            "origin": "imported",
        }


def campaign(last: date) -> Iterator[Post]:
    """The doses of the plan, given in as many sessions as it tells, in the days up to ``last``.

    What was received is what was used, wasted and is left, on every day, at every site and of every lot.
    """
    rng, plan = random.Random("campaign"), load_plan()
    days = [last - timedelta(days=back) for back in range(CAMPAIGN_DAYS - 1, -1, -1)]
    sites = facilities_of("vaccination")
    sizes = _parts(rng, plan.doses, plan.session_plans)
    sessions: list[Body] = []
    given: dict[tuple[str, str, str], dict[date, int]] = {}
    for number, doses in enumerate(sizes):
        site, day = sites[number % len(sites)], days[number // len(sites) % len(days)]
        lot, product = LOTS[number % len(LOTS)]
        told = {"facility": site, "plan": f"KH-{number + 1:04d}", "date": day.isoformat(), "lot": lot}
        sessions.append(told | {"dose_number": 1 + number % 2, "doses": doses, "origin": "imported"})
        by_day = given.setdefault((site, lot, product), {})
        by_day[day] = by_day.get(day, 0) + doses
    yield "vaccination-session", sessions
    moved: list[Body] = []
    for (site, lot, product), by_day in given.items():
        moved += _moved(rng, {"facility": site, "lot": lot, "product": product}, by_day, days)
    yield "stock", moved


def _parts(rng: random.Random, total: int, count: int) -> list[int]:
    """``total`` in ``count`` parts, none of them empty."""
    cuts = sorted(rng.sample(range(1, total), count - 1))
    return [end - begin for begin, end in zip([0, *cuts], [*cuts, total], strict=True)]


def _moved(rng: random.Random, of: Body, by_day: dict[date, int], days: list[date]) -> Iterator[Body]:
    wasted = {day: int(doses * WASTED_SHARE) for day, doses in by_day.items()}
    left = sum(by_day.values()) + sum(wasted.values()) + 10 * rng.randint(0, 5)
    yield _move(of, days[0], "received", left)
    for day in days:
        used, lost = by_day.get(day, 0), wasted.get(day, 0)
        left -= used + lost
        if used:
            yield _move(of, day, "used", used)
        if lost:
            yield _move(of, day, "wasted", lost)
        if used or day in (days[0], days[-1]):
            yield _move(of, day, "stock", left)


def _move(of: Body, day: date, kind: str, doses: int) -> Body:
    return of | {"date": day.isoformat(), "kind": kind, "doses": doses, "origin": "imported"}
