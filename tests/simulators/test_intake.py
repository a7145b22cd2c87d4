"""What the simulated province reports: the plan's figures, held to the hub's own bounds."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from random import Random
from typing import Any

import msgspec
import pytest

from hub.places import register
from hub.reported import (
    Assessment,
    BedStatus,
    Declaration,
    FacilityRegistered,
    QuarantineDay,
    ReferenceSet,
    Reported,
    RolloutSet,
    SpecimenRegistered,
    StockMoved,
    VaccinationSession,
)
from hub.reported_codes import BED_CODES, QUARANTINE_CODES
from simulators.intake.daily import bed_days, quarantine_days
from simulators.intake.intake_run import IntakeRun
from simulators.intake.line import IntakeLine, Refused
from simulators.intake.once import assessments, before_all, campaign, declarations
from simulators.intake.plan import Body, facilities, load_plan
from simulators.intake.registry import SpecimenRegistry
from simulators.lab.mllp_client import RetryPolicy

DAY = date(2026, 11, 22)
TYPES: dict[str, type[Reported]] = {
    "facility": FacilityRegistered,
    "reference": ReferenceSet,
    "rollout": RolloutSet,
    "stock": StockMoved,
    "vaccination-session": VaccinationSession,
}


def taken(type_: type[Reported], bodies: Iterable[Body]) -> list[Any]:
    """As the hub reads them; no two of them are one fact."""
    found = [msgspec.convert(body, type_) for body in bodies]
    assert len({one.subject for one in found}) == len(found)
    return found


def test_declarations_are_those_of_the_plan() -> None:
    counted = Counter(one.district for one in taken(Declaration, declarations()))
    assert counted.total() == 4122
    assert (counted["731"], counted["734"], counted["735"], len(counted)) == (1856, 87, 572, 11)


def test_workplaces_are_those_of_the_plan() -> None:
    counted = Counter(one.level for one in taken(Assessment, assessments()))
    assert counted == {"high": 21, "medium": 30, "low": 276, "little": 318}


def test_facilities_references_and_rollout() -> None:
    told = {type_: taken(TYPES[type_], bodies) for type_, bodies in before_all()}
    kinds = Counter(one.kind for one in told["facility"])
    assert (kinds["quarantine"], kinds["vaccination"], kinds["field-hospital"]) == (171, 196, 3)
    assert {one.name: one.value for one in told["reference"]} == {"workplaces": 16116, "session_plans": 1047}
    assert {(one.district, one.phase) for one in told["rollout"] if one.valid_from == "2021-08-05"} == {
        ("731", 1)
    }


def test_places_are_those_of_2021() -> None:
    day = date(2021, 8, 4)
    for district in load_plan().districts:
        unit = register().reported_district(district.code, day)
        assert unit is not None
        assert unit.name == district.name
        for commune in district.communes:
            place = register().place_of(district.code, commune, day)
            assert place is not None
            assert place.commune is not None
    assert {told["district"] for told in facilities()} == {one.code for one in load_plan().districts}


def test_the_stock_of_every_site_and_lot_is_what_was_received_less_what_was_used() -> None:
    told = {type_: taken(TYPES[type_], bodies) for type_, bodies in campaign(DAY)}
    assert len(told["vaccination-session"]) == len({one.plan for one in told["vaccination-session"]}) == 1047
    assert sum(one.doses for one in told["vaccination-session"]) == 54130
    used = Counter[tuple[str, str, str]]()
    for one in told["vaccination-session"]:
        used[one.facility, one.lot, one.date] += one.doses
    left: dict[tuple[str, str], int] = {}
    kinds = ("received", "used", "wasted", "stock")
    for move in sorted(told["stock"], key=lambda one: (one.date, kinds.index(one.kind))):
        key = move.facility, move.lot
        if move.kind == "stock":
            assert left[key] == move.doses
        elif move.kind == "received":
            left[key] = left.get(key, 0) + move.doses
        else:
            left[key] -= move.doses
        if move.kind == "used":
            assert used.pop((*key, move.date)) == move.doses
    assert not used


def test_whoever_is_inside_was_there_or_came() -> None:
    days = [DAY - timedelta(days=back) for back in (1, 0)]
    before, now = ({one.facility: one for one in taken(QuarantineDay, quarantine_days(day))} for day in days)
    assert 160 <= len(now) <= 171
    for facility in before.keys() & now.keys():
        figures, inside = now[facility].figures, before[facility].figures["in_care"]
        assert set(figures) == set(QUARANTINE_CODES)
        gone = figures["left_hospital"] + figures["left_completed"]
        assert figures["in_care"] == inside + figures["entered"] - gone


def test_beds() -> None:
    days = [DAY - timedelta(days=back) for back in (1, 0)]
    before, now = ({one.facility: one.figures for one in taken(BedStatus, bed_days(day))} for day in days)
    assert len(now) == 3
    for facility, figures in now.items():
        assert set(figures) == set(BED_CODES)
        gone = figures["discharged"] + figures["transferred"] + figures["died"]
        assert figures["in_treatment"] == before[facility]["in_treatment"] + figures["admitted"] - gone


class _Hub(BaseHTTPRequestHandler):
    """Refuses where its path says so; is away at its first post."""

    heard: list[tuple[str, int]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        first = not self.heard
        self.heard.append((self.path, len(body)))
        status = 503 if first else 422 if self.path.count("refused") else 200
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def hub() -> Iterator[tuple[str, list[tuple[str, int]]]]:
    heard: list[tuple[str, int]] = []
    server = HTTPServer(("127.0.0.1", 0), type("Hub", (_Hub,), {"heard": heard}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", heard
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_the_hub_did_not_take_is_told_again(hub: tuple[str, list[tuple[str, int]]]) -> None:
    url, heard = hub
    line = IntakeLine(url, policy=RetryPolicy(first_pause_seconds=0.001))
    asyncio.run(line.tell("declaration", [{}] * 501))
    assert heard == [("/api/v1/intake/declaration", count) for count in (500, 500, 1)]
    assert (line.counts.told, line.counts.posts) == (501, 2)
    with pytest.raises(Refused, match="422"):
        asyncio.run(line.tell("refused", [{}]))


def test_most_specimens_are_registered_once_and_some_are_never_measured() -> None:
    registry = SpecimenRegistry(IntakeLine("http://nowhere"), Random(1))
    names = [f"TN1-{number}" for number in range(1000)]
    registry.taken(names, "bv-thong-nhat", datetime.now(UTC))
    found = {one.specimen: one for one in taken(SpecimenRegistered, registry._waiting)}
    assert 900 < len(found.keys() & set(names)) < 1000
    assert 0 < len(found.keys() - set(names)) < 100
    assert {one.pool for one in found.values()} == {True, False}


def test_specimens_are_told_until_the_hub_has_them(hub: tuple[str, list[tuple[str, int]]]) -> None:
    url, heard = hub
    registry = SpecimenRegistry(IntakeLine(url, policy=RetryPolicy(first_pause_seconds=0.001)), Random(1))
    registry.taken([f"TN1-{number}" for number in range(10)], "bv-thong-nhat", datetime.now(UTC))
    waiting = len(registry._waiting)
    asyncio.run(registry.tell())
    assert heard == [("/api/v1/intake/specimen", waiting)] * 2  # nobody was there at first
    assert registry._waiting == []


def test_a_hub_that_refuses_is_told_no_more(hub: tuple[str, list[tuple[str, int]]]) -> None:
    url, heard = hub
    heard.append(("", 0))
    said: list[str] = []
    line = IntakeLine(f"{url}/refused", policy=RetryPolicy(first_pause_seconds=0.001))
    run = IntakeRun(line, SpecimenRegistry(line), True, said.append)
    asyncio.run(run.run())
    assert [text.partition(":")[0] for text in said] == ["intake ends"]
    assert "1 refused" in run.progress()
