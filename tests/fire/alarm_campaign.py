"""A fridge's day told to a running epihub that is killed again and again: one incident for each episode."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx

from hub.alarms.incidents.entries import Entry, entry_of, verify
from hub.alarms.incidents.rows import incident_from
from hub.alarms.incidents.standing import Incident
from hub.alarms.profiles import load_profile
from tests.alarm_reference import reference
from tests.alarm_reference.readings import Reading, Rule
from tests.fire.installation import Installation
from tests.fire.oracle import drained
from tests.fire.patience import until, until_told
from tests.fire.scrapes import Scrapes

DEVICE, METRIC = "tu-lanh-01", "temp.vaccine"
_FRIDGE = f"""\
[[device]]
id = "{DEVICE}"
kind = "cold_http"
dialect = "mapped"
[device.mapping]
"{METRIC}" = {{ value = "t", time = "at" }}
"""
MINUTE = 60_000
HOURS = 40
GAP = range(600, 780)  # minutes without a reading
AT_ONCE = 8
PATIENCE_SECONDS = 90
EVERY_MINUTES = 4
ALARMS_SECONDS = 120  # how far it was judged is written every ten seconds
Told = tuple[str, int, int, int | None]  # rule, start, raised, cleared


@dataclass
class Outcome:
    """``told``: what stands in the end, ``expected``: by the reference, ``wrong``: whatever else is."""

    readings: int = 0
    kills: int = 0
    entries: int = 0
    told: Counter[Told] = field(default_factory=Counter)
    expected: Counter[Told] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


async def run(folder: Path, seed: int, kills: int, hours: int = HOURS) -> Outcome:
    """A whole course; the fridge ends cold, so that every episode is over but what the end left open."""
    random = Random(seed)
    installation = Installation.make(folder, "one machine")
    with installation.config.open("a", encoding="utf-8") as config:
        config.write(_FRIDGE)
    said = day(random, hours)
    try:
        await installation.start()
        taken: list[Reading] = []
        sending = asyncio.create_task(_send(installation, late(random, said), taken))
        for number in range(kills):
            await _so_many(taken, int(len(said) * (number + random.random()) / kills))
            await installation.kill("up")
            await installation.start()
        await sending
        await drained(installation, Scrapes(installation))  # what is still in the spool is not judged
        await _judged(installation)
        await installation.stop("up")  # entries and what is told of them are read one after the other
        return _examine(installation, said, kills)
    finally:
        await installation.end()


async def _so_many(taken: Sequence[Reading], count: int) -> None:
    await until(lambda: len(taken) >= count, f"{count} readings are taken", PATIENCE_SECONDS)


def day(random: Random, hours: int) -> list[Reading]:
    """A reading every few minutes: cold, warm and freezing stretches, and a gap."""
    minutes = hours * 60
    last = int(time.time() * 1000) // MINUTE * MINUTE - MINUTE
    value, left, found = 5.0, 0, []
    for minute in range(0, minutes, EVERY_MINUTES):
        if left <= 0:
            left = random.randrange(30, 150)
            value = random.choice([5.0, 7.8, 8.0, 9.2, 9.2, 1.5, -0.5, -1.0])
        left -= EVERY_MINUTES
        if minute >= minutes - 40:
            value = 5.0
        if minute not in GAP:
            thousandths = round((value + random.choice([0, 0, 0.1, -0.1])) * 1000)
            found.append(Reading(last - (minutes - minute) * MINUTE, thousandths, "GOOD"))
    return found


def late(random: Random, said: Sequence[Reading]) -> list[Reading]:
    """The order of arrival: a third comes up to four hours late."""
    delays = {each: random.choice([0, 0, random.uniform(0, 240)]) * MINUTE for each in said}
    return sorted(said, key=lambda each: each.time + delays[each])


async def _send(installation: Installation, arrivals: Sequence[Reading], taken: list[Reading]) -> None:
    """Each until it was heard, whatever is killed meanwhile; ``taken`` is told of it."""
    address = f"http://127.0.0.1:{installation.api_port}/api/v1/ingest/{DEVICE}"
    async with httpx.AsyncClient(timeout=30) as client:

        async def post(reading: Reading) -> None:
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(reading.time / 1000))
            body = json.dumps({"t": (reading.value or 0) / 1000, "at": at})

            async def heard() -> bool:
                try:
                    answer = await client.post(address, content=body)
                except httpx.TransportError:
                    return False
                return answer.status_code == httpx.codes.OK

            await until_told(heard, "a reading is taken", PATIENCE_SECONDS)
            taken.append(reading)

        for first in range(0, len(arrivals), AT_ONCE):
            await asyncio.gather(*map(post, arrivals[first : first + AT_ONCE]))


async def _judged(installation: Installation) -> None:
    store = installation.database

    def done() -> bool:
        (waiting,) = store.rows(
            "SELECT count(*) FROM event WHERE type = 'coldchain.reading.v1'"
            " AND number > (SELECT cursor FROM alarm_progress)"
        )
        return not waiting[0]

    await until(done, "all readings are judged", ALARMS_SECONDS)


def _examine(installation: Installation, said: Sequence[Reading], kills: int) -> Outcome:
    store = installation.database
    rows = store.rows("SELECT body, hash FROM incident_entry ORDER BY number")
    entries = [entry_of(bytes(body), bytes(link).hex()) for body, link in rows]
    incidents = [incident_from(bytes(body)) for (body,) in store.rows("SELECT standing FROM incident")]
    outcome = Outcome(len(said), kills, len(entries))
    outcome.told = Counter(_told(each) for each in incidents if not each.gone)
    outcome.expected = expected(said, int(time.time() * 1000))
    outcome.wrong = [*_broken(entries), *_untold(installation, entries)]
    return outcome


def _broken(entries: Sequence[Entry]) -> list[str]:
    fault = verify(entries)
    return [f"entry {fault.number}: {fault.reason}"] if fault else []


def _untold(installation: Installation, entries: Sequence[Entry]) -> list[str]:
    """Each entry is one event of the log, with its hash; an edge may have alarms of its own beside them."""
    bodies = installation.database.rows("SELECT body FROM event WHERE type = 'alarm.v1'")
    told: Counter[tuple[Any, ...]] = Counter(
        (data["entry"], data["hash"], data["kind"]) for data in map(_data, bodies) if "entry" in data
    )
    wanted: Counter[tuple[Any, ...]] = Counter((entry.number, entry.hash, _kind(entry)) for entry in entries)
    return [] if told == wanted else [f"not told: {wanted - told}; told beside: {told - wanted}"]


def _data(row: tuple[bytes]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(row[0])["data"]
    return found


def _kind(entry: Entry) -> str:
    return entry.episode.rule if entry.episode else entry.kind.value


def _told(incident: Incident) -> Told:
    known = incident.known
    return known.rule, known.start_ms, known.raised_at_ms, known.cleared_at_ms


def expected(said: Sequence[Reading], now_ms: int) -> Counter[Told]:
    """What the reference finds in everything that was said."""
    found: Counter[Told] = Counter()
    for code, rule in _rules():
        for episode in reference.episodes(rule, said, now_ms):
            found[code, episode.start, episode.raised_at, episode.cleared_at] += 1
    return found


def _rules() -> list[tuple[str, Rule]]:
    """The packaged rules of a fridge in the reference's words."""
    found: list[tuple[str, Rule]] = []
    for rule in load_profile("fridge").rules:
        if rule.metric != METRIC:
            continue
        when = rule.when if isinstance(rule.when, str) else (rule.when.operator, rule.when.threshold)
        clear = rule.clear.when
        found.append(
            (
                rule.code,
                Rule(
                    when,
                    rule.for_ms,
                    rule.hold_ms,
                    rule.severity,
                    None if clear is None else (clear.operator, clear.threshold),
                    rule.clear.for_ms,
                ),
            )
        )
    return found
