"""A province without power, through the rules themselves: edges go, their fridges fall silent, all come back.

500 units at 125 sites, each site behind an edge of its own; the clock is the test's. Readings and states go
into a real keeper, what it finds into a real ledger, and what that plans through a real notifier.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest

from hub.alarms.evaluator import Arrival
from hub.alarms.inhibition import GRACE_MS, Level, Place
from hub.alarms.keeper import Keeper, Unit
from hub.alarms.profiles import load_profile
from hub.alarms.rules import InForce
from hub.machine_metrics import ONLINE
from hub.notify.settings import Chain, Person, Reach, Step
from tests.notify.bench import Bench, running, told
from tests.notify.gateway import Gateway, gateway
from tests.notify.made import AN, MINUTE, NOON

SITES, UNITS = 125, 4
FRIDGE, EDGE = ([InForce(rule) for rule in load_profile(name).rules] for name in ("fridge", "edge"))
GRACE_MINUTES = GRACE_MS // MINUTE


@pytest.fixture
async def hook() -> AsyncIterator[Gateway]:
    async with gateway() as made:
        yield made


def units() -> Iterator[Unit]:
    for n in range(SITES):
        site, edge = f"site-{n:03d}", f"edge-{n:03d}"
        yield Unit(edge, site, tuple(EDGE), NOON, place=Place(site, Level.NETWORK, edge))
        for unit in range(UNITS):
            place = Place(site, Level.DEVICE, edge)
            yield Unit(f"tu-{n:03d}-{unit}", site, tuple(FRIDGE), NOON, place=place)


def temperatures(at_ms: int, value: float = 5.0) -> Iterator[Arrival]:
    for n in range(SITES):
        for unit in range(UNITS):
            yield (f"tu-{n:03d}-{unit}", "temp.vaccine"), at_ms, value, "GOOD"


def states(at_ms: int, value: float) -> Iterator[Arrival]:
    for n in range(SITES):
        yield (f"edge-{n:03d}", ONLINE), at_ms, value, "GOOD"


class Province:
    """A hub whose clock the test moves, and what comes in."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.keeper = Keeper()
        for unit in units():
            self.keeper.place(unit)

    async def at(self, minute: int, *arrivals: Arrival) -> Counter[str]:
        """Minutes after noon; what was entered."""
        self.bench.now_ms = now_ms = NOON + minute * MINUTE
        self.keeper.add(arrivals)
        self.keeper.judge(now_ms)
        entries = await self.bench.ledger.enter(lambda book: self.keeper.enter(book, now_ms))
        self.keeper.entered()
        return Counter(f"{entry.episode.rule} {entry.kind.value}" for entry in entries if entry.episode)


def by_person(hook: Gateway) -> Counter[str]:
    return Counter(body["person"] for body in hook.bodies)


def summaries(hook: Gateway) -> list[list[str]]:
    """The sites of each message that speaks of more than one."""
    told = [sorted({each["site"] for each in body["notices"]}) for body in hook.bodies]
    return [sites for sites in told if len(sites) > 1]


@pytest.mark.slow
async def test_a_province_without_power_is_one_message_a_site_and_one_summary(
    tmp_path: Path, hook: Gateway
) -> None:
    """Each site has its own person, and one has the duty for all; at one a fridge froze before."""
    own = tuple(Person(f"u-{n:03d}", "vi", (Reach("sms", f"09{n:08d}"),)) for n in range(SITES))
    duty = Person(AN, "vi", (Reach("sms", "0912345678"),))
    chains = tuple(
        Chain(f"c-{n:03d}", (Step(0, (f"u-{n:03d}", AN)),), sites=(f"site-{n:03d}",)) for n in range(SITES)
    )
    settings = msgspec.structs.replace(
        told(hook, reminders=0), persons=(*own, duty), chains=chains, window_minutes=10
    )
    frozen = ("tu-000-0", "temp.vaccine")
    async with running(tmp_path / "store.db", settings) as bench:
        province = Province(bench)
        await province.at(0, *temperatures(NOON), *states(NOON, 1.0))
        cold: list[Arrival] = [(frozen, NOON + minute * MINUTE, -2.0, "GOOD") for minute in (1, 21, 41, 60)]
        assert (await province.at(62, *cold, *temperatures(NOON + 60 * MINUTE)))["FRZE RAISED"] == 1
        bench.advance(1)
        await hook.until(lambda: sum("FRZE" in str(body) for body in hook.bodies) == 2)
        gone_ms = NOON + 63 * MINUTE
        assert await province.at(65, *states(gone_ms, 0.0)) == {"OFFLINE RAISED": SITES}
        entered = await province.at(120)
        assert entered["NODATA RAISED"] == entered["NODATA SUPPRESSED"] == SITES * UNITS
        assert not {kind for kind in entered if kind.startswith(("HEAT", "FRZE"))}, "frost stands as it stood"
        bench.advance(1)
        await bench.settled(2 * SITES + 4)
        counted = by_person(hook)
        assert {counted[each.id] for each in own[1:]} == {1}
        assert [len(told) for told in summaries(hook)] == [SITES]
        assert counted[AN] <= 4, "frost and cold of one site, and one summary of all"

        back_ms = NOON + 150 * MINUTE
        assert await province.at(150, *states(back_ms, 1.0)) == {"OFFLINE RETURNED": SITES}
        entered = await province.at(152, *temperatures(NOON + 152 * MINUTE))
        assert entered["NODATA RETURNED"] == entered["NODATA CLOSED"] == SITES * UNITS
        assert await province.at(151 + GRACE_MINUTES, *temperatures(NOON + 160 * MINUTE)) == {}
        bench.advance(1)
        await bench.settled(4 * SITES + 4)
        counted = by_person(hook)
        assert {counted[each.id] for each in own[1:]} == {2}
        assert [len(told) for told in summaries(hook)] == [SITES, SITES]
        entries = Counter(entry.kind.value for entry in await bench.entries())
        assert entries["RELEASED"] == 0
        assert entries["SUPPRESSED"] == SITES * UNITS
