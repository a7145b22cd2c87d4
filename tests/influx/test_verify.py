"""What a server has against the store, and the repair: a real store; the server loses what it is told to."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.errors import OperatorError
from storage.influx.server import Away, BadLines, Busy, Refused
from storage.influx.verifying.resending import LinesNotTaken
from storage.open import open_reader, open_store
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.conformance.camera_arrivals import told as telling
from tests.conformance.gate_arrivals import let_in
from tests.conformance.store_arrivals import DAY, NOW, From, lab, reading
from tests.influx.compared import NAME, Compared, told
from tests.influx.kept_server import KeptServer
from tests.postgres.server import PostgresServer

FRIDGE, OTHER = From("fridge-01", "kho-vac-xin"), From("fridge-02", "kho-vac-xin")
MINUTE = 60_000


@pytest.fixture
def server() -> KeptServer:
    return KeptServer()


@pytest.fixture
async def compared(tmp_path: Path, server: KeptServer) -> AsyncIterator[Compared]:
    store, reader = SqliteStore(tmp_path / "store.db"), SqliteReader(tmp_path / "store.db")
    await store.open()
    await reader.open()
    try:
        yield Compared(store, reader, server, server)
    finally:
        await reader.close()
        await store.close()


@pytest.fixture
async def on_postgres(
    postgres_server: PostgresServer, postgres_url: str, tmp_path: Path, server: KeptServer
) -> AsyncIterator[Compared]:
    password = postgres_server.password
    store = open_store(postgres_url, tmp_path, password=password)
    reader = open_reader(postgres_url, tmp_path, password=password)
    await store.open()
    await reader.open()
    try:
        yield Compared(store, reader, server, server)
    finally:
        await reader.close()
        await store.close()


async def day_of(compared: Compared, origin: From, days_ago: int, count: int = 5) -> None:
    """Readings of a device, a minute apart."""
    first = NOW - days_ago * DAY
    await compared.write(*(reading(2.0 + n, origin, ts=first + n * MINUTE) for n in range(count)))


async def test_what_was_sent_is_there(compared: Compared) -> None:
    await day_of(compared, FRIDGE, 1)
    await day_of(compared, OTHER, 0)
    await compared.write(reading(9.0, FRIDGE, ts=NOW, quality="UNCERTAIN"))
    await compared.project()
    report = await compared.verify()
    assert told(report) == []
    # Two days of values, one of them of both devices, and one quality.
    assert (report.points, report.cells, report.wrong, report.coming) == (11, 4, 0, 0)


async def test_lines_that_were_dropped_in_silence_are_named_and_repaired(
    compared: Compared, server: KeptServer
) -> None:
    for days_ago in (2, 1, 0):
        await day_of(compared, FRIDGE, days_ago)
        await day_of(compared, OTHER, days_ago)
    lost = f" {NOW - DAY + MINUTE}"
    server.drops = lambda line: "device=fridge-02" in line and line.endswith(lost)
    await compared.project()
    expected = [("epihub_reading", "value", "fridge-02", 1, "fewer")]
    assert told(await compared.verify()) == expected
    assert told(report := await compared.verify(repair=True)) == expected, "it drops the line again"
    assert (report.sent, report.repaired) == (5, 0)
    server.drops = lambda line: False
    assert told(report := await compared.verify(repair=True)) == []
    assert (report.sent, report.repaired, report.wrong) == (5, 1, 0)
    assert told(await compared.verify()) == []


async def test_a_server_that_lost_everything_is_filled_again(compared: Compared, server: KeptServer) -> None:
    await day_of(compared, FRIDGE, 1)
    await compared.write(
        *let_in("p1", 1), lab(), *(telling("ONLINE", NOW, NOW + n * MINUTE, n) for n in range(1, 4))
    )
    await compared.project()
    server.kept.points.clear()
    missing = await compared.verify()
    assert {(name, kind) for name, _, _, _, kind in told(missing)} == {
        ("epihub_reading", "missing"),
        ("epihub_gate_hour", "missing"),
        ("epihub_analyzer_hour", "missing"),
        ("epihub_camera", "missing"),
    }
    assert told(await compared.verify(repair=True)) == []
    assert told(await compared.verify()) == []


@pytest.mark.slow
async def test_the_same_of_a_store_in_postgresql(on_postgres: Compared, server: KeptServer) -> None:
    await test_a_server_that_lost_everything_is_filled_again(on_postgres, server)
    await on_postgres.write(reading(8.0, FRIDGE, ts=NOW - DAY), *let_in("p2", 9))
    report = await on_postgres.verify()
    assert told(report) == []
    assert report.coming > 0


async def test_a_value_that_differs_is_written_over(compared: Compared, server: KeptServer) -> None:
    await day_of(compared, FRIDGE, 0)
    await compared.project()
    (key, *_) = server.kept.points
    server.kept.points[key]["value"] = 7.25
    assert told(await compared.verify()) == [("epihub_reading", "value", "fridge-01", 0, "differs")]
    assert told(await compared.verify(repair=True)) == []


@pytest.mark.parametrize(("can_delete", "kind", "wrong"), [(False, "contested", 0), (True, "differs", 1)])
async def test_of_a_contested_instant_a_server_may_keep_another_value(
    compared: Compared, server: KeptServer, can_delete: bool, kind: str, wrong: int
) -> None:
    server.can_delete = can_delete
    await day_of(compared, FRIDGE, 0)
    await compared.write(reading(9.0, From("fridge-01", "kho-vac-xin", seq=9), ts=NOW))
    await compared.project()
    assert told(await compared.verify()) == []
    (point,) = [fields for (_, _, at), fields in server.kept.points.items() if at == NOW]
    assert point == {"value": 9.0, "quality": 0}
    point["value"] = 2.0
    report = await compared.verify()
    assert told(report) == [("epihub_reading", "value", "fridge-01", 0, kind)]
    assert (report.wrong, report.contested) == (wrong, 1 - wrong)


async def withdrawn(compared: Compared) -> None:
    """Of five readings one is sent, and then taken back: another instant's reading takes its place."""
    first = reading(50.0, FRIDGE, ts=NOW)
    await day_of(compared, FRIDGE, 1, 4)
    await compared.write(first)
    await compared.project()
    await compared.write(
        reading(5.0, From("fridge-01", "kho-vac-xin", seq=9), ts=NOW + MINUTE, supersedes=first.event.id)
    )
    await compared.project()


async def test_what_was_withdrawn_and_cannot_be_deleted_is_told_as_that(compared: Compared) -> None:
    await withdrawn(compared)
    report = await compared.verify(repair=True)
    assert told(report) == [("epihub_reading", "value", "fridge-01", 0, "withdrawn")]
    assert (report.wrong, report.withdrawn, report.sent) == (0, 1, 0)


async def test_what_was_withdrawn_is_deleted_where_that_can_be(
    compared: Compared, server: KeptServer
) -> None:
    server.can_delete = True
    await withdrawn(compared)
    assert told(await compared.verify()) == [("epihub_reading", "value", "fridge-01", 0, "withdrawn")]
    assert told(report := await compared.verify(repair=True)) == []
    assert report.repaired == 1
    values = {at: fields.get("value") for (_, _, at), fields in server.kept.points.items() if at >= NOW}
    assert values == {NOW: None, NOW + MINUTE: 5.0}


async def test_points_of_our_series_that_nobody_told_stay_and_are_said(
    compared: Compared, server: KeptServer
) -> None:
    await day_of(compared, FRIDGE, 0)
    await compared.project()
    (key, *_) = server.kept.points
    server.kept.points[(*key[:2], key[2] + 1)] = {"value": 99.0}
    report = await compared.verify(repair=True)
    assert told(report) == [("epihub_reading", "value", "fridge-01", 0, "more")]
    assert report.wrong == 1


async def test_series_of_another_hub_are_none_of_ours(compared: Compared, server: KeptServer) -> None:
    await day_of(compared, FRIDGE, 0)
    await compared.project()
    server.write([f"epihub_reading,device=x,edge=e,metric=m,site=s,unit=Cel value=1.0 {NOW}"])
    server.write([f"epihub_gate_hour,device=x,edge=e,site=s,zone=z allow=1i {NOW}"])
    report = await compared.verify()
    assert (told(report), report.foreign, report.wrong) == ([], 1, 0)


async def test_what_is_still_on_its_way_is_no_difference(compared: Compared, server: KeptServer) -> None:
    await day_of(compared, FRIDGE, 0)
    await compared.project()
    await compared.write(reading(8.0, FRIDGE, ts=NOW + DAY // 100), *let_in("p1", 1), lab())
    report = await compared.verify()
    assert told(report) == []
    assert report.coming > 0
    server.kept.points.popitem()  # a point that was settled is missed all the same
    assert told(await compared.verify()) == [("epihub_reading", "value", "fridge-01", 0, "fewer")]


async def test_hours_are_compared_as_they_stand(compared: Compared, server: KeptServer) -> None:
    await compared.write(*let_in("p1", 1), *let_in("p2", 4), lab("S-1", From(seq=1)))
    await compared.project()
    assert told(await compared.verify()) == []
    for (name, _, _), fields in server.kept.points.items():
        if name == "epihub_gate_hour":
            fields["allow"] = 1.0
    report = await compared.verify()
    assert told(report) == [("epihub_gate_hour", "allow", "cong-01", 0, "differs")]
    assert told(await compared.verify(repair=True)) == []


async def test_no_telling_of_a_camera_may_lack(compared: Compared, server: KeptServer) -> None:
    await compared.write(*(telling("ONLINE", NOW, NOW + n * MINUTE, n) for n in range(1, 6)))
    await compared.project()
    server.kept.points.pop(next(key for key in server.kept.points if key[0] == "epihub_camera"))
    report = await compared.verify()
    assert [(name, field, kind) for name, field, _, _, kind in told(report)] == [
        ("epihub_camera", "faults", "fewer")
    ]
    assert told(await compared.verify(repair=True)) == []


async def test_days_of_history_that_are_still_to_be_sent_are_not_missed(compared: Compared) -> None:
    await day_of(compared, FRIDGE, 5)
    await day_of(compared, FRIDGE, 1)
    await compared.project()
    await compared.settle(history_day=(NOW - 3 * DAY) // DAY, begin=True)
    assert (await compared.verify()).points == 5


async def test_only_the_days_that_are_asked_for(compared: Compared, server: KeptServer) -> None:
    for days_ago in (3, 2, 1):
        await day_of(compared, FRIDGE, days_ago)
    await compared.project()
    server.kept.points.clear()
    day = NOW // DAY - 2
    assert [each[3] for each in told(await compared.verify(first=day, end=day + 1))] == [2]


async def test_without_history_only_days_that_the_log_had(compared: Compared, server: KeptServer) -> None:
    await day_of(compared, FRIDGE, 30)
    await day_of(compared, FRIDGE, 2)
    await compared.project()
    server.kept.points.clear()
    assert [each[3] for each in told(await compared.verify(history=False))] == [2]
    assert [each[3] for each in told(await compared.verify(history=False, first=0))] == [30, 2]


async def test_a_projection_that_never_ran_cannot_be_compared(compared: Compared) -> None:
    with pytest.raises(OperatorError, match="nothing was sent yet"):
        await compared.verify()


async def test_what_is_known_of_another_address_tells_nothing(compared: Compared) -> None:
    await compared.settle(target="elsewhere")
    with pytest.raises(OperatorError, match=f"{NAME}: its address is new"):
        await compared.verify()


async def test_a_server_that_refuses_us_ends_the_repair(compared: Compared, server: KeptServer) -> None:
    await day_of(compared, FRIDGE, 0)
    await compared.project()
    server.kept.points.clear()
    server.answers = [Refused("unauthorized")]
    with pytest.raises(LinesNotTaken, match="unauthorized"):
        await compared.verify(repair=True)


async def test_a_server_that_is_busy_or_away_for_a_moment_is_asked_again(
    compared: Compared, server: KeptServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.influx.backing_off.FIRST_SECONDS", 0.001)
    await day_of(compared, FRIDGE, 0)
    await compared.project()
    server.kept.points.clear()
    server.answers = [Away("timed_out"), Busy(None), BadLines("partial write"), BadLines("partial write")]
    report = await compared.verify(repair=True)
    assert (told(report), report.refused) == ([], 0)
    assert report.sent == 5
