"""System 9 of the plan: 196 sites, 1,047 session plans, 54,130 doses, and the stock of each lot."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.alarms.episodes import Episode
from hub.reported import ReferenceSet, Reported, StockMoved, VaccinationSession
from hub.runtime.alarm_ledger import AlarmLedger
from hub.runtime.lot_desk import LotDesk
from tests.acceptance.device_province import NOW
from tests.acceptance.people_province import People, facilities, people_hub
from tests.alarms.incidents.made import finding
from tests.api.conftest import database  # noqa: F401
from tests.api.province import HOUR_MS
from tests.postgres.server import PostgresServer

pytestmark = pytest.mark.slow
SITES, PLANS, DOSES = 196, 1047, 54_130
DAY = {"date": "2021-08-04"}
WRONG = "ct-005"


@pytest.fixture
async def hub(tmp_path: Path, database: PostgresServer | None) -> AsyncIterator[People]:  # noqa: F811
    async with people_hub(tmp_path, database) as made:
        yield made


def sessions() -> list[VaccinationSession]:
    """A quarter of the doses are second ones; the last plan gives what is left."""
    found, left = [], DOSES
    for at in range(PLANS):
        whole = left if at == PLANS - 1 else DOSES // PLANS
        left -= whole
        given = whole // 4
        for number, doses in ((1, whole - given), (2, given)):
            name, lot = f"ct-{at % SITES:03d}", ("AZ-1", "PF-2")[at % 2]
            found.append(
                VaccinationSession(
                    facility=name,
                    plan=f"KH-{at}",
                    date="2021-08-04",
                    lot=lot,
                    dose_number=number,
                    doses=doses,
                )
            )
    return found


def stocks(given: list[VaccinationSession]) -> list[StockMoved]:
    """Each lot of a site: received the day before, used as its sessions say, counted; one counted wrong."""
    used: dict[tuple[str, str], int] = {}
    for one in given:
        used[one.facility, one.lot] = used.get((one.facility, one.lot), 0) + one.doses
    found: list[StockMoved] = []
    for (name, lot), doses in used.items():
        count = 2000 - doses - 3 + (name == WRONG)
        told = [("2021-08-03", "received", 2000), ("2021-08-04", "used", doses), ("2021-08-04", "wasted", 3)]
        for date, kind, number in [*told, ("2021-08-04", "stock", count)]:
            found.append(
                StockMoved(facility=name, date=date, lot=lot, product="vac", kind=kind, doses=number)  # type: ignore[arg-type]
            )
    return found


async def province(hub: People) -> list[StockMoved]:
    given = sessions()
    moves = stocks(given)
    plans = ReferenceSet(name="session_plans", valid_from="2021-07-01", value=PLANS)
    everything: list[Reported] = [*facilities("ct", "vaccination", SITES), plans, *given, *moves]
    await hub.told(everything)
    return moves


async def test_196_sites_1047_plans_54130_doses(hub: People) -> None:
    moves = await province(hub)
    doses = await hub.table("vaccine-stock", "sessions", **DAY)
    assert doses["total"]["doses"] == DOSES == doses["dose_1"]["doses"] + doses["dose_2"]["doses"]
    plans = (await hub.table("vaccine-stock", "plans", **DAY))["plans"]
    assert plans == {"planned": PLANS, "held": PLANS, "facilities": SITES, "vaccinating": SITES}
    districts = await hub.table("vaccine-stock", "districts", **DAY)
    assert (districts["total"]["used"], districts["total"]["facilities"]) == (DOSES, SITES)
    counted = sum(one.doses for one in moves if one.kind == "stock")
    assert districts["total"]["stock"] == counted
    told = (await hub.get("reports/vaccine-stock", **DAY))["report"]["content"]["completeness"]
    assert (told["expected"], told["reported"]) == (SITES, SITES)
    await hub.same_again("vaccine-stock", **DAY)


async def test_an_excursion_names_lots_and_doses_at_risk(hub: People) -> None:
    """The fridge was too warm for an hour; the lot lay in it, another came an hour later."""
    ledger = AlarmLedger(hub.store, hub.open_reader, lambda _: None, lambda: NOW - HOUR_MS)
    warm = Episode(
        "tu-lanh-01", "temp.vaccine", "HEAT", "fridge@1", NOW - 4 * HOUR_MS, NOW - 3 * HOUR_MS,
        NOW - 3 * HOUR_MS, "critical", False, 11500,
    )  # fmt: skip
    await ledger.enter(lambda book: book.assess([finding(warm)], NOW - 2 * HOUR_MS))
    lots = LotDesk(hub.store, hub.open_reader, lambda: NOW - HOUR_MS)
    for lot, hours in (("FD9234", 5), ("FD9235", 2)):
        placed = await lots.place(
            lot, "k1", "tu-lanh-01", "comirnaty", NOW - hours * HOUR_MS, doses=120, expiry="2022-01-31"
        )
        assert placed["outcome"] == "done"
    await hub.told(facilities("ct", "vaccination", 1))
    risks = await hub.table("vaccine-stock", "at_risk", date="2021-08-05")
    (row,) = [row for key, row in risks.items() if key != "total"]
    assert (row["unit"], row["lot"], row["doses"], row["minutes"]) == ("tu-lanh-01", "FD9234", 120, 60)
    assert (row["worst"], row["day"], risks["total"]["doses"]) == (11.5, "2021-08-05", 120)
    assert await hub.table("vaccine-stock", "at_risk", **DAY) == {}
    await hub.same_again("vaccine-stock", date="2021-08-05")


async def test_the_stock_of_every_site_and_lot_is_checked(hub: People) -> None:
    await province(hub)
    wrong = await hub.table("vaccine-stock", "violations", **DAY)
    assert {key.split("|")[0] for key in wrong} == {WRONG}
    assert {row["difference"] for row in wrong.values()} == {1}
    lots = await hub.table("vaccine-stock", "lots", **DAY)
    assert all(row["used"] == row["given"] for row in lots.values())
    before = await hub.table("vaccine-stock", "districts", date="2021-08-03")
    assert (before["total"]["received"], before["total"]["used"]) == (2000 * len(lots), None)
