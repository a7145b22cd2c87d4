"""``epihub projection verify`` against a real InfluxDB, without a hub that runs."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.cli.main import main
from hub.config.loader import load
from hub.runtime.projection_wiring import projection_settings
from storage.influx.measurements import readings
from storage.influx.reading.read_back import Point
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.conformance.store_arrivals import DAY, NOW, From, reading
from tests.influx import compared
from tests.influx.servers import Influxd
from tests.ports import free_ports

pytestmark = pytest.mark.slow

MINUTE = 60_000
SITE = "kho-vac-xin"
CONFIG = f"""
[hub]
name = "dong-nai"
data_dir = "data"
[[site]]
id = "{SITE}"
name = "Kho vắc xin"
kind = "office"
district = "731"
[[projection]]
name = "influx"
kind = "influx"
"""
AWAY = """
[[projection]]
name = "away"
kind = "influx"
url = "http://127.0.0.1:{port}"
dialect = "v1"
database = "epihub"
read = "influxql"
[[projection]]
name = "unread"
kind = "influx"
url = "http://127.0.0.1:{port}"
dialect = "v1"
database = "epihub"
"""
Epihub = Callable[..., tuple[int, str, str]]


@pytest.fixture
def database(influxd_server: Influxd) -> str:
    return influxd_server.new_database()


@pytest.fixture
def config(tmp_path: Path, influxd_server: Influxd, database: str) -> Path:
    """The file; its store has two days of a fridge, and the server has all of it."""
    (port,) = free_ports(1)
    file = tmp_path / "epihub.toml"
    told = CONFIG + influxd_server.settings(database) + AWAY.format(port=port)
    file.write_text(told, "utf-8")
    (tmp_path / "data").mkdir()
    asyncio.run(fill(tmp_path / "data", file, influxd_server, database))
    return file


async def fill(folder: Path, file: Path, server: Influxd, database: str) -> None:
    store, reader = SqliteStore(folder / "store.db"), SqliteReader(folder / "store.db")
    writer, back = server.writer(database), server.read_back(database)
    await store.open()
    await reader.open()
    try:
        both = compared.Compared(store, reader, writer, back)
        for days_ago in (2, 1):
            first = NOW - days_ago * DAY
            told = (reading(2.0 + n, From("fridge-01", SITE), ts=first + n * MINUTE) for n in range(5))
            await both.write(*told)
        await both.project()
        for each in projection_settings(load(file)):
            await both.settle_as(each.name, each.target)
    finally:
        writer.close()
        back.close()
        await reader.close()
        await store.close()


@pytest.fixture
def epihub(config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Epihub:
    """Exit code, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(
            sys, "argv", ["epihub", "projection", "verify", *arguments, "--config", str(config)]
        )
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return run


def lose(server: Influxd, database: str) -> None:
    """One point of yesterday."""
    back = server.read_back(database)
    point = Point((SITE, "edge-1", "fridge-01", "temp.fridge", "Cel"), NOW - DAY + MINUTE)
    back.delete(readings.NAME, readings.TAGS, [point])
    back.close()


def test_what_agrees_what_differs_and_what_was_repaired(
    epihub: Epihub, influxd_server: Influxd, database: str
) -> None:
    code, told, _ = epihub("influx")
    assert (code, told.splitlines()[-1]) == (0, "mọi thứ khớp / everything agrees")
    lose(influxd_server, database)
    code, told, _ = epihub("influx")
    assert code == 1
    assert "!!  2026-11-21 epihub_reading value fewer: 4 / 5 · " in told
    assert "device=fridge-01" in told
    assert epihub("influx", "--to", "2026-11-20")[0] == 0
    assert epihub("influx", "--from", "2026-11-21", "--to", "2026-11-21")[0] == 1
    code, told, _ = epihub("influx", "--repair")
    assert (code, "1 chỗ đã sửa / repaired" in told) == (0, True)
    assert epihub("influx")[0] == 0


def test_the_report_as_json(epihub: Epihub, influxd_server: Influxd, database: str) -> None:
    lose(influxd_server, database)
    code, told, _ = epihub("influx", "--json")
    report = json.loads(told)
    assert (code, report["name"], report["wrong"], report["points"]) == (1, "influx", 1, 10)
    (found,) = report["differences"]
    assert (found["day"], found["kind"], found["tags"]["device"]) == ("2026-11-21", "fewer", "fridge-01")
    assert (found["expected"]["count"], found["found"]["count"]) == (5, 4)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("away",), 3, "away: "),
        (("unread",), 1, 'read = "none"'),
        (("none",), 1, "there are: influx, away, unread"),
        (("influx", "--from", "yesterday"), 1, "--from is no day"),
    ],
)
def test_what_cannot_be_compared_says_why(
    epihub: Epihub, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ended, told, wrong = epihub(*arguments)
    assert (ended, told) == (code, "")
    assert said in wrong
