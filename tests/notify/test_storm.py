"""A province without power: few messages for people, all of it in the ledger; frost is told at once."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from hub.alarms.episodes import Episode
from hub.alarms.incidents.book import Finding
from hub.alarms.rules import Rule
from hub.notify.settings import Chain, Person, Reach, Step
from tests.alarms.incidents.made import FREEZE, HEAT
from tests.notify.bench import Bench, running, told
from tests.notify.gateway import Gateway, gateway
from tests.notify.made import AN, MINUTE, NOON

SITES, UNITS = 50, 10
POWER = Rule("POWER", "power.available_s", HEAT.when, 30 * MINUTE, "warning", 45 * MINUTE, "fridge@1")


@pytest.fixture
async def hook() -> AsyncIterator[Gateway]:
    async with gateway() as made:
        yield made


def outage(bench: Bench, site: int, unit: int, *, over: bool = False) -> Finding:
    device, start_ms = f"tu-{site:02d}-{unit}", NOON - 30 * MINUTE
    cleared_ms = bench.now_ms if over else None
    found = Episode(
        device, POWER.metric, "POWER", "fridge@1", start_ms, NOON, cleared_ms, "warning", False, 0
    )
    return Finding(f"site-{site:02d}", device, POWER, (found,))


def by_person(hook: Gateway) -> Counter[str]:
    return Counter(body["person"] for body in hook.bodies)


@pytest.mark.slow
async def test_five_hundred_units_without_power(tmp_path: Path, hook: Gateway) -> None:
    """Each site has its own person, and one has the duty for all of them."""
    own = tuple(Person(f"u-{n:02d}", "vi", (Reach("sms", f"09{n:08d}"),)) for n in range(SITES))
    duty = Person(AN, "vi", (Reach("sms", "0912345678"),))
    chains = tuple(
        Chain(f"c-{n:02d}", (Step(0, (f"u-{n:02d}", AN)),), sites=(f"site-{n:02d}",)) for n in range(SITES)
    )
    settings = msgspec.structs.replace(
        told(hook, reminders=0), persons=(*own, duty), chains=chains, window_minutes=10
    )
    async with running(tmp_path / "store.db", settings) as bench:
        for unit in range(UNITS):
            findings = [outage(bench, site, unit) for site in range(SITES)]
            await bench.ledger.enter(lambda book, all_=findings: book.assess(all_, bench.now_ms))  # type: ignore[misc]
        bench.advance(0.5)
        count = SITES * UNITS
        await bench.settled(2 * count)
        assert by_person(hook) == {AN: 1} | {person.id: 1 for person in own}
        (summary,) = (body for body in hook.bodies if body["person"] == AN)
        assert len(summary["notices"]) == count
        assert f"{count} cảnh báo tại {SITES} nơi" in summary["text"]
        assert len(summary["sms"]) <= 160

        back = [outage(bench, site, unit, over=True) for site in range(SITES) for unit in range(UNITS)]
        bench.advance(20)
        await bench.ledger.enter(lambda book: book.assess(back, bench.now_ms))
        bench.advance(0.5)
        await bench.settled(4 * count)
        assert by_person(hook) == {AN: 2} | {person.id: 2 for person in own}
        entries = Counter(entry.kind.value for entry in await bench.entries())
        assert entries["NOTIFIED"] == 4 * count


@pytest.mark.slow
async def test_frost_in_a_storm_is_told_at_once(tmp_path: Path, hook: Gateway) -> None:
    async with running(tmp_path / "store.db", told(hook, reminders=0, window_minutes=10)) as bench:
        findings = [outage(bench, site, 0) for site in range(SITES)]
        await bench.ledger.enter(lambda book: book.assess(findings, bench.now_ms))
        bench.advance(0.5)
        await bench.settled(SITES)
        for number in range(3):
            await bench.freeze(f"tu-lanh-{number}")
            await hook.until(lambda number=number: len(hook.bodies) == 2 + number)  # type: ignore[misc]
        assert [len(body["notices"]) for body in hook.bodies] == [SITES, 1, 1, 1]
        assert FREEZE.code in str(hook.bodies[-1])
