"""What the cold-chain pages read of a real store: outlook of all units, history of one."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from api.console.damage_outlook import Outlooks
from api.console.standing_alarms import AlarmDesk, OpenAlarms
from api.console.unit_history import read_history
from hub.alarms.calibrations import Calibrations, Issued
from hub.alarms.profiles import load_profile
from hub.events import format_time
from hub.payloads import Reading
from storage.contract import EventStore, StoreReader
from storage.open import open_reader, open_store
from tests.api.province import HOUR_MS, MINUTE_MS, Writer

NOW = 1_795_330_000_000
SITE = "kho-vac-xin"
PROFILE = load_profile("fridge")
FLEET: list[dict[str, Any]] = [{"id": f"tu-{n:02d}", "site": SITE, "profile": "fridge"} for n in range(1, 6)]
DESK = AlarmDesk(profiles={"fridge": PROFILE.rules})


class Units:
    """A store with its writer and reader."""

    def __init__(self, store: EventStore, reader: StoreReader) -> None:
        self._writer, self.reader = Writer(store), reader

    async def tell(
        self, device: str, metric: str, told: dict[float, float | None], *, came: float = 0, **more: Any
    ) -> None:
        """``told``: value by minutes ago; ``came``: minutes ago when the hub had them."""
        unit = {"holdover": "d", "power.available_s": "s"}.get(metric, "Cel")
        made = []
        for ago, value in told.items():
            payload = Reading(metric=metric, value=value, unit=unit, **more)
            at = NOW - round(ago * MINUTE_MS)
            made.append((self._writer.event(payload, device, SITE, at), payload))
        await self._writer.write(*made, now_ms=NOW - round(came * MINUTE_MS))

    async def outlooks(self, desk: AlarmDesk = DESK, alarms: OpenAlarms | None = None) -> dict[str, Any]:
        latest = await self.reader.latest_readings()
        read = await Outlooks(self.reader).read(latest, FLEET, desk, alarms or OpenAlarms(), NOW)
        return {
            name: each.damage
            and (each.damage.code, each.damage.basis, round((each.damage.at_ms - NOW) / MINUTE_MS))
            for name, each in read.items()
        }


@pytest.fixture
async def units(tmp_path: Path) -> AsyncIterator[Units]:
    store, reader = open_store(None, tmp_path), open_reader(None, tmp_path)
    await store.open()
    await reader.open()
    yield Units(store, reader)
    await reader.close()
    await store.close()


def every(minutes: int, since: int, value: float, step: float = 0.0) -> dict[float, float | None]:
    return {ago: value - step * ago / 60 for ago in range(since, -1, -minutes)}


async def test_time_to_damage_of_each_unit(units: Units) -> None:
    await units.tell("tu-01", "temp.vaccine", every(5, 90, 9.0))
    await units.tell("tu-02", "temp.vaccine", every(5, 120, 5.0))
    await units.tell("tu-02", "power.available_s", {10: 0})
    await units.tell("tu-02", "holdover", {10: 0.25})
    await units.tell("tu-03", "temp.vaccine", every(5, 120, 6.0, 2.0))
    await units.tell("tu-04", "temp.vaccine", every(5, 120, 4.0))
    await units.tell("tu-05", "temp.vaccine.top", every(5, 60, 5.0))
    await units.tell("tu-05", "temp.vaccine.bottom", every(5, 20, -1.0))
    await units.tell("tu-05", "temp.ambient", every(5, 60, 31.0))
    await units.tell("tu-05", "temp.vaccine.max", every(5, 60, 20.0))  # a figure of the day is no probe
    found = await units.outlooks()
    # A trend passes the middle of its last step, so the estimate is some minutes off.
    code, basis, minutes = found.pop("tu-03")
    assert (code, basis) == ("HEAT", "trend")
    assert abs(minutes - 660) < 10
    assert found == {
        "tu-01": ("HEAT", "run", 510),
        "tu-02": ("", "holdover", 350),
        "tu-04": None,
        "tu-05": ("FRZE", "run", 40),
    }


async def test_what_is_raised_is_known_by_its_incident(units: Units) -> None:
    await units.tell("tu-01", "temp.vaccine", every(5, 60, 7.0))
    row = {
        "device": "tu-01",
        "metric": "temp.vaccine",
        "kind": "HEAT",
        "severity": "critical",
        "cleared": None,
    }
    raised = row | {"withdrawn": False, "raised": format_time(NOW - HOUR_MS)}
    assert await units.outlooks(alarms=OpenAlarms((raised,))) == {"tu-01": ("HEAT", "raised", -60)}
    over = OpenAlarms((raised | {"cleared": format_time(NOW)},))
    assert await units.outlooks(alarms=over) == {"tu-01": None}


async def test_a_calibration_counts_for_the_outlook(units: Units) -> None:
    await units.tell("tu-01", "temp.vaccine", every(5, 60, 8.2))
    known = Calibrations([Issued("tu-01", "temp.vaccine", -300, 0, None, 1, "b2", "HC-1")])
    assert (await units.outlooks())["tu-01"] == ("HEAT", "run", 540)
    assert (await units.outlooks(AlarmDesk(profiles=DESK.profiles, calibrations=known)))["tu-01"] is None


async def test_history_tells_values_reasons_and_when_the_hub_had_them(units: Units) -> None:
    await units.tell("tu-01", "temp.vaccine", {300: 5.0, 290: 5.5}, came=120)
    await units.tell("tu-01", "temp.vaccine", {280: None}, came=280, quality="BAD", reason="probe_lost")
    await units.tell("tu-01", "door.open", {200: 1.0, 190: 0.0})
    await units.tell("tu-02", "temp.vaccine", {300: 1.0})
    known = Calibrations([Issued("tu-01", "temp.vaccine", 100, NOW - 295 * MINUTE_MS, None, 1, "b2", "HC-1")])
    desk = AlarmDesk(profiles=DESK.profiles, calibrations=known)
    latest = await units.reader.latest_readings()
    span = (NOW - 6 * HOUR_MS, NOW)
    history = await read_history(units.reader, "tu-01", latest, desk, span)
    told = [
        ((NOW - each.time_ms) / MINUTE_MS, each.value, each.reason, round((NOW - each.known_ms) / MINUTE_MS))
        for each in history.moments
    ]
    assert told == [(300, 5.0, "", 120), (290, 5.6, "", 120), (280, None, "probe_lost", 280)]
    assert history.single
    assert [row.value for row in history.told["door.open"]] == [1.0, 0.0]
    assert (await read_history(units.reader, "tu-09", latest, desk, span)).metric == ""


async def test_too_many_readings_are_told_by_steps(units: Units) -> None:
    await units.tell("tu-01", "temp.vaccine", {ago / 10: 5.0 + ago % 3 for ago in range(1800)})
    latest = await units.reader.latest_readings()
    span = (NOW - 24 * HOUR_MS, NOW)
    assert len((await read_history(units.reader, "tu-01", latest, DESK, span)).moments) == 1800
    history = await read_history(units.reader, "tu-01", latest, DESK, span, most=1000)
    assert not history.single
    assert 50 < len(history.moments) < 300
    assert {each.value for each in history.moments} == {5.0, 7.0}
