"""One suite for both real servers: what is written is read back, whatever the dialect and the language."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import time

import pytest

from storage.influx.reading.influxql import InfluxqlReadBack
from storage.influx.reading.read_back import CannotDelete, DayFigures, Point, ReadBack, ReadBackFailed
from storage.influx.server import (
    Away,
    BadLines,
    Credentials,
    Refused,
    ServerAddress,
    TooLarge,
    Written,
)
from storage.influx.writing import Writer, WriterV1, WriterV2
from tests.apart.certificates import write_certificate
from tests.influx.servers import TimeSeriesServer, influxd, victoria_metrics

pytestmark = pytest.mark.slow
DAY = 20_000  # 2024-10-04
DAY_MS = 86_400_000
START = DAY * DAY_MS
TAGS = ("site", "device")


@dataclass
class Place:
    """A server, and a database (a site where the server has none) that only this test uses."""

    server: TimeSeriesServer
    database: str
    writer: Writer
    reading: ReadBack

    def write(self, *lines: str) -> object:
        """``M,`` at the beginning of a line stands for this test's measurement."""
        answer = self.writer.write([line.replace("M,", f"{self.measurement},", 1) for line in lines])
        self.server.show()
        return answer

    @property
    def measurement(self) -> str:
        return f"m_{self.database}"

    def days(
        self, day_from: int = DAY, day_to: int = DAY + 1, field: str = "value"
    ) -> dict[tuple[str, ...], list[DayFigures]]:
        return self.reading.days(self.measurement, field, TAGS, day_from, day_to)


@pytest.fixture(params=["victoria_metrics_server", "influxd_server"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    server: TimeSeriesServer = request.getfixturevalue(request.param)
    database = server.new_database()
    made = Place(server, database, server.writer(database), server.read_back(database))
    yield made
    made.writer.close()
    made.reading.close()


def test_counts_and_sums_by_series_and_day(place: Place) -> None:
    answer = place.write(
        f"M,device=a,site=h1 value=1.5 {START}",
        f"M,device=a,site=h1 value=-4 {START + 60_000}",
        f"M,device=b,site=h1 value=0.25 {START + 60_000}",
        f"M,device=a,site=h2 value=1e-9 {START + DAY_MS}",
    )
    assert answer == Written()
    assert place.days(DAY, DAY + 2) == {
        ("h1", "a"): [DayFigures(DAY, 2, -2.5)],
        ("h1", "b"): [DayFigures(DAY, 1, 0.25)],
        ("h2", "a"): [DayFigures(DAY + 1, 1, 1e-9)],
    }


def test_a_day_has_its_first_millisecond_and_its_last(place: Place) -> None:
    at = [START - 1, START, START + DAY_MS - 1, START + DAY_MS]
    place.write(*(f"M,device=a,site=h value={2**bit} {time}" for bit, time in enumerate(at)))
    assert place.days() == {("h", "a"): [DayFigures(DAY, 2, 6)]}
    whole = [DayFigures(DAY - 1, 1, 1), DayFigures(DAY, 2, 6), DayFigures(DAY + 1, 1, 8)]
    assert place.days(DAY - 1, DAY + 2) == {("h", "a"): whole}


def test_more_days_than_are_asked_for_at_once(place: Place) -> None:
    days = range(DAY, DAY + 40, 3)
    place.write(*(f"M,device=a,site=h value=1.25 {day * DAY_MS}" for day in days))
    assert place.days(DAY, DAY + 40) == {("h", "a"): [DayFigures(day, 1, 1.25) for day in days]}


@pytest.mark.parametrize(
    "value", ["h-1", "h 1", "a,b", "a=b", "nhiệt độ", "°C", "%", 'q"q', "it's", "µmol/l"]
)
def test_tags_come_back_as_they_were(place: Place, value: str) -> None:
    escaped = value.replace(",", r"\,").replace("=", r"\=").replace(" ", r"\ ")
    assert place.write(f"M,device=a,site={escaped} value=1 {START}") == Written()
    assert place.days() == {(value, "a"): [DayFigures(DAY, 1, 1)]}
    only = partial(place.reading.days, place.measurement, "value", TAGS, DAY, DAY + 1)
    assert only(only={"site": value}) == place.days()
    assert only(only={"site": value + "x"}) == {}


def test_a_tag_that_a_series_has_not_is_empty(place: Place) -> None:
    place.write(f"M,device=a value=1 {START}")
    assert place.days() == {("", "a"): [DayFigures(DAY, 1, 1)]}


def test_every_field_is_counted_by_itself(place: Place) -> None:
    place.write(
        f"M,device=a,site=h value=1.5,quality=1i {START}", f"M,device=a,site=h quality=3i {START + 1}"
    )
    assert place.days() == {("h", "a"): [DayFigures(DAY, 1, 1.5)]}
    assert place.days(field="quality") == {("h", "a"): [DayFigures(DAY, 2, 4)]}
    assert place.days(field="unheard_of") == {}


def test_a_value_that_is_none_is_zero_to_victoria_metrics(victoria_metrics_server: TimeSeriesServer) -> None:
    """And not a mistake: so a line is right before it is sent, nobody behind us will say that it was not."""
    server, name = victoria_metrics_server, victoria_metrics_server.new_database()
    assert server.writer("").write([f"m_{name},device=a,site=h value=x {START}"]) == Written()
    server.show()
    found = server.read_back("").days(f"m_{name}", "value", TAGS, DAY, DAY + 1)
    assert found == {("h", "a"): [DayFigures(DAY, 1, 0)]}


def test_a_point_of_the_day_after_tomorrow_is_dropped_in_silence(
    victoria_metrics_server: TimeSeriesServer,
) -> None:
    """As is one older than the retention: a probe whose clock is ahead must not look sent."""
    server, name = victoria_metrics_server, victoria_metrics_server.new_database()
    today = int(time() // 86_400)
    lines = [f"m_{name},device=a,site=h value=1 {day * DAY_MS}" for day in (today, today + 4)]
    assert server.writer("").write(lines) == Written()
    server.show()
    found = server.read_back("").days(f"m_{name}", "value", TAGS, today, today + 10)
    assert found == {("h", "a"): [DayFigures(today, 1, 1)]}


def test_what_is_sent_again_is_there_once(place: Place) -> None:
    for _ in range(3):
        place.write(*(f"M,device=a,site=h value={n}.5 {START + n}" for n in range(100)))
    assert place.days() == {("h", "a"): [DayFigures(DAY, 100, 5000)]}


def test_two_values_of_an_instant(place: Place) -> None:
    """InfluxDB keeps the later one. VictoriaMetrics 1.79 any of them, newer ones the larger: one is left."""
    for value in (3, 2):
        place.write(*(f"M,device={device},site=h value={value} {START}" for device in range(50)))
    found = place.days()
    assert len(found) == 50
    possible = {2.0} if place.server.DIALECT == "v1" else {2.0, 3.0}
    assert all(day.count == 1 and day.sum in possible for (day,) in found.values())


def test_a_bad_line_takes_no_good_one_with_it(place: Place) -> None:
    """InfluxDB says so; VictoriaMetrics says nothing, which is why what it has is counted."""
    answer = place.write(f"M,device=a,site=h value=1 {START}", f"M,device=a,site=h value=1 {START + 1}x")
    if place.server.DIALECT == "v1":
        assert isinstance(answer, BadLines)
        assert "unable to parse" in answer.reason
        assert "unable to parse" not in repr(answer)
    else:
        assert answer == Written()
    assert place.days() == {("h", "a"): [DayFigures(DAY, 1, 1)]}


def test_what_the_server_has_survives_its_orderly_end(place: Place) -> None:
    with (influxd if place.server.DIALECT == "v1" else victoria_metrics)() as server:
        database = server.new_database()
        server.writer(database).write([f"m,device=a,site=h value={n} {START + n}" for n in range(1000)])
        server.stop()
        server.start()
        found = server.read_back(database).days("m", "value", TAGS, DAY, DAY + 1)
        assert found == {("h", "a"): [DayFigures(DAY, 1000, 499_500)]}


def test_a_server_that_is_killed_and_back(place: Place) -> None:
    with (influxd if place.server.DIALECT == "v1" else victoria_metrics)() as server:
        writer = server.writer(server.new_database())
        assert writer.write([f"m value=1 {START}"]) == Written()
        server.kill()
        assert writer.write([f"m value=1 {START}"]) == Away("no_connection")
        server.start()
        assert writer.write([f"m value=1 {START}"]) == Written()


def test_points_are_deleted_where_a_server_can(place: Place) -> None:
    place.write(*(f"M,device={device},site=h value=1 {START + n}" for device in "ab" for n in range(250)))
    doomed = [Point(("h", "a"), START + n) for n in range(0, 250, 2)]
    if place.reading.can_delete:
        place.reading.delete(place.measurement, TAGS, doomed)
        left = 125
    else:
        with pytest.raises(CannotDelete):
            place.reading.delete(place.measurement, TAGS, doomed)
        left = 250
    assert place.days() == {
        ("h", "a"): [DayFigures(DAY, left, left)],
        ("h", "b"): [DayFigures(DAY, 250, 250)],
    }


@pytest.mark.parametrize("compress", [False, True])
def test_both_dialects_plain_and_compressed(influxd_server: TimeSeriesServer, compress: bool) -> None:
    """VictoriaMetrics takes both; what v1 wrote has its database, and is found under it only."""
    database = influxd_server.new_database()
    lines = [f"m,device=a,site=h value={n} {START + n}" for n in range(200)]
    with victoria_metrics() as server:
        writers = (
            WriterV2(server.address, org="o", bucket="b", compress=compress),
            WriterV1(server.address, database=database, compress=compress),
            WriterV1(influxd_server.address, database=database, compress=compress),
        )
        assert [writer.write(lines) for writer in writers] == [Written()] * 3
        server.show()
        for name in ("", database):
            found = server.read_back(name).days("m", "value", TAGS, DAY, DAY + 1)
            assert found == {("h", "a"): [DayFigures(DAY, 200, 19_900)]}
    found = influxd_server.read_back(database).days("m", "value", TAGS, DAY, DAY + 1)
    assert found == {("h", "a"): [DayFigures(DAY, 200, 19_900)]}


def test_a_retention_policy_is_written_and_read(influxd_server: TimeSeriesServer) -> None:
    database = influxd_server.new_database()
    statement = f'CREATE RETENTION POLICY "long" ON "{database}" DURATION INF REPLICATION 1'
    assert influxd_server.ask("POST", "/query", q=statement)[0] == 200
    line = [f"m,device=a,site=h value=1 {START}"]
    assert (
        WriterV1(influxd_server.address, database=database, retention_policy="long").write(line) == Written()
    )
    read = partial(InfluxqlReadBack, influxd_server.address, database=database)
    days = [read(retention_policy=policy).days("m", "value", TAGS, DAY, DAY + 1) for policy in ("long", "")]
    assert days == [{("h", "a"): [DayFigures(DAY, 1, 1)]}, {}]


def test_what_an_operator_must_set_right(influxd_server: TimeSeriesServer) -> None:
    address, database = influxd_server.address, influxd_server.new_database()
    line = [f"m value=1 {START}"]
    assert WriterV1(address, database="unheard_of").write(line) == Refused("not_found")
    without = WriterV1(address, database=database, retention_policy="unheard_of")
    assert without.write(line) == Refused("retention_policy_not_found")
    assert WriterV2(address, bucket=database).write(line) == Refused("not_found")  # 1.6 has no v2
    with pytest.raises(ReadBackFailed, match="refused"):
        influxd_server.read_back("unheard_of").days("m", "value", TAGS, DAY, DAY + 1)


def test_a_batch_that_is_too_large_for_the_server() -> None:
    with influxd("max-body-size = 1000") as server:
        writer = server.writer(server.new_database())
        assert writer.write([f"m,device=a value=1 {START + n}" for n in range(100)]) == TooLarge()
        assert writer.write([f"m,device=a value=1 {START}"]) == Written()


def test_user_name_and_password_of_influxdb() -> None:
    with influxd("auth-enabled = true") as server:
        create = "CREATE USER \"epihub\" WITH PASSWORD 'matkhau' WITH ALL PRIVILEGES"
        assert server.ask("POST", "/query", q=create)[0] == 200
        known = ServerAddress(server.url, credentials=Credentials(username="epihub", password="matkhau"))
        wrong = ServerAddress(server.url, credentials=Credentials(username="epihub", password="khac"))
        line = [f"m,device=a,site=h value=1 {START}"]
        assert WriterV1(known, database="d").write(line) == Refused("not_found")
        assert WriterV1(wrong, database="d").write(line) == Refused("unauthorized")
        assert WriterV1(server.address, database="d").write(line) == Refused("unauthorized")
        with pytest.raises(ReadBackFailed, match="http_401"):
            server.read_back("d").days("m", "value", TAGS, DAY, DAY + 1)


def test_user_name_and_password_in_front_of_victoria_metrics() -> None:
    with victoria_metrics("-httpAuth.username=epihub", "-httpAuth.password=matkhau") as server:
        known = ServerAddress(server.url, credentials=Credentials(username="epihub", password="matkhau"))
        line = [f"m,device=a,site=h value=1 {START}"]
        assert WriterV2(known, bucket="b").write(line) == Written()
        assert WriterV2(server.address, bucket="b").write(line) == Refused("unauthorized")


def test_tls_trusts_only_whom_it_was_told_to(tmp_path: Path) -> None:
    certificate, key = write_certificate(tmp_path, ["127.0.0.1"])
    with victoria_metrics("-tls", f"-tlsCertFile={certificate}", f"-tlsKeyFile={key}") as server:
        url, line = server.url.replace("http:", "https:"), [f"m,device=a value=1 {START}"]
        assert WriterV2(ServerAddress(url, ca_file=certificate)).write(line) == Written()
        assert WriterV2(ServerAddress(url)).write(line) == Away("tls")
        assert WriterV1(ServerAddress(url, ca_file=tmp_path / "none.pem"), database="d").write(
            line
        ) == Refused("ca_file")
