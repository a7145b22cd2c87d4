"""``epihub export``: what it writes, what it says, and how it refuses."""

import asyncio
import csv
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pyarrow import parquet

from storage.exporting.tables import tables
from storage.postgres.connection import Server
from storage.postgres.store import PostgresStore
from storage.sqlite.store import SqliteStore
from tests.backup.test_kill import INTERRUPTED, ROOT
from tests.bench.export import export
from tests.cli.test_commands import Run, run  # noqa: F401  the fixture
from tests.conformance.gate_arrivals import VISIT
from tests.exporting.content import fill
from tests.exporting.packed import A_DAY, pack_readings
from tests.exporting.test_new_file import left
from tests.postgres.server import PostgresServer

PEOPLE = ("TN2611-0042", "p-66849121:a9fb", VISIT, "3fb1c2aa", "k-77", "S-20")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a filled store, which the commands only read."""
    folder = tmp_path_factory.mktemp("data")

    async def make() -> None:
        store = SqliteStore(folder / "store.db")
        await store.open()
        await fill(store)
        await store.close()

    asyncio.run(make())
    return folder


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_every_table_in_both_formats(run: Run, data: Path, tmp_path: Path) -> None:  # noqa: F811
    for name in tables():
        assert run("export", name, "--data", data, "-o", f"{name}.csv").code == 0
        assert run("export", name, "--data", data, "-o", f"{name}.parquet").code == 0
        read = parquet.read_table(tmp_path / f"{name}.parquet")
        rows = rows_of(tmp_path / f"{name}.csv")
        assert len(rows) == read.num_rows > 0
        assert list(rows[0]) == read.column_names
        assert not [
            person for person in PEOPLE if person in json.dumps([rows, read.to_pylist()], default=str)
        ]


def test_people_only_where_asked(run: Run, data: Path, tmp_path: Path) -> None:  # noqa: F811
    found = ""
    for name in ("results", "scans", "ledger", "events"):
        assert run("export", name, "--data", data, "-o", f"{name}.csv", "--with-pseudonyms").code == 0
        found += (tmp_path / f"{name}.csv").read_text("utf-8-sig")
    assert [person for person in PEOPLE if person not in found] == []


def test_times_and_what_is_said(run: Run, data: Path, tmp_path: Path) -> None:  # noqa: F811
    times = ("--from", "2026-11-22", "--to", "2026-11-23T00:00:00+07:00")
    ended = run("export", "readings", "--data", data, "--output", "day.csv", *times)
    rows = rows_of(tmp_path / "day.csv")
    assert f"day.csv: {len(rows)} dòng / rows" in ended.out
    times_found = {row["time"] for row in rows}
    assert times_found
    assert all("2026-11-21T17:00:00.000Z" <= each < "2026-11-22T17:00:00.000Z" for each in times_found)


def test_without_a_table_it_lists_them(run: Run) -> None:  # noqa: F811
    ended = run("export")
    assert [line.split()[0] for line in ended.out.splitlines()] == list(tables())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("readings",), "--output"),
        (("nothing", "-o", "a.csv"), "there are: assessments"),
        (("readings", "-o", "a.xlsx"), "csv or parquet"),
        (("readings", "-o", "a.csv", "--format", "xml"), "csv or parquet"),
        (("devices", "-o", "a.csv", "--from", "2026-11-22"), "devices has no time"),
        (("readings", "-o", "a.csv", "--from", "soon"), "--from: a date"),
        (("readings", "-o", "there.csv"), "--force"),
        (("readings", "-o", "none/a.csv"), "no such folder"),
        (("readings", "-o", "a.csv", "--data", "nowhere"), "store.absent"),
    ],
)
def test_refusals_are_one_clear_line(
    run: Run,  # noqa: F811
    data: Path,
    tmp_path: Path,
    arguments: tuple[str, ...],
    told: str,
) -> None:
    (tmp_path / "there.csv").write_text("old")
    where = () if "--data" in arguments else ("--data", data)
    ended = run("export", *arguments, *where)
    assert (ended.code, told in ended.err, "Traceback" in ended.err) == (1, True, False), ended
    assert [path.name for path in tmp_path.iterdir()] == ["there.csv"]
    assert (tmp_path / "there.csv").read_text() == "old"


def test_a_file_is_overwritten_where_asked(run: Run, data: Path, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "a.data").write_text("old")
    arguments = ("--data", data, "-o", "a.data", "--format", "csv", "--force")
    assert run("export", "devices", *arguments).code == 0
    assert len(rows_of(tmp_path / "a.data")) > 1


def test_parquet_without_its_extra_is_refused(
    run: Run,  # noqa: F811
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "storage.exporting.parquet_rows", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    ended = run("export", "devices", "--data", data, "-o", "a.parquet")
    assert (ended.code, "epihub[export]" in ended.err) == (1, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_export_leaves_nothing(
    data: Path, tmp_path: Path, number: signal.Signals, ending: str
) -> None:
    arguments = ["--data", str(data), "-o", str(tmp_path / f"a.{ending}")]
    ended = interrupted(number, *arguments)
    assert ended.returncode not in (0, -signal.SIGINT, -signal.SIGTERM)
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
async def test_an_interrupted_export_lets_go_of_the_server(
    postgres_url: str, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    store = PostgresStore(Server(postgres_url, postgres_server.password))
    await store.open()
    await fill(store)
    await store.close()
    url = postgres_url.replace("//epihub@", f"//epihub:{postgres_server.password}@")
    arguments = ["--store-url", url, "-o", str(tmp_path / "a.parquet")]
    ended = await asyncio.to_thread(interrupted, signal.SIGTERM, *arguments)
    assert ended.returncode not in (0, -signal.SIGTERM)
    assert (ended.stdout, "Traceback" in ended.stderr) == ("", False)
    assert left(tmp_path) == []


def interrupted(number: signal.Signals, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The command hears the signal when it first tells how far it is."""
    child = [sys.executable, "-c", INTERRUPTED, str(int(number)), "export", "readings", *arguments]
    return subprocess.run(child, cwd=ROOT, check=False, timeout=100, capture_output=True, text=True)


@pytest.fixture(scope="module")
def six_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six days of 25 probes."""
    folder = tmp_path_factory.mktemp("six-days")
    asyncio.run(pack_readings(folder / "store.db", days=6, series=25))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_memory_does_not_grow_with_the_readings(six_days: Path, tmp_path: Path, ending: str) -> None:
    """Ten million: ``./dev bench export``. Kept, the rows that are more here would take 43 MB at least."""
    one, every = 25 * A_DAY, 6 * 25 * A_DAY
    small = export(six_days, tmp_path / f"small.{ending}", 2 * one, "--to", "2025-11-10T00:00:00Z")
    whole = export(six_days, tmp_path / f"all.{ending}", every)
    assert whole.peak_mb - small.peak_mb < 25
