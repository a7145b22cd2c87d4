"""Kill -9 of the server, and of the hub: every acknowledged event is there, once, and the tables agree."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from hub.identity import id_bytes
from storage.postgres.connection import Server
from storage.postgres.gates import gate_differences
from storage.postgres.lab_days import differences
from storage.postgres.store import PostgresStore
from storage.reporting_versions import STILL
from tests.conformance.store_writing import BATCH, TELLINGS
from tests.disk import DISK
from tests.postgres.server import PASSWORD, PostgresServer, embedded_programs, running_server

KILLS = 4
ACKNOWLEDGED_EACH = 300
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def durable_server() -> Iterator[PostgresServer]:
    """As it runs in the field: every commit waits for the disk."""
    with running_server(embedded_programs(), settings=(), place=DISK) as server:
        yield server


def acknowledged_until(url: str, first: int, kill: Callable[[subprocess.Popen[str]], None]) -> list[str]:
    """The ids that one writer printed; ``kill`` is called in the middle of its work."""
    command = [sys.executable, "-m", "tests.postgres.writer_process", url, str(first)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdin.write(f"{PASSWORD}\n")
        process.stdin.close()
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if len(lines) == ACKNOWLEDGED_EACH:
                kill(process)
        return [line.strip() for line in lines if line.endswith("\n") and line != "unavailable\n"]


async def assert_whole(connection: asyncpg.Connection, acknowledged: list[str]) -> None:
    """What was acknowledged is there; counters, numbers and projections are what the log says."""
    stored = {row[0] for row in await connection.fetch("SELECT id FROM event")}
    assert [each for each in acknowledged if id_bytes(each) not in stored] == []
    last_number, events, results, readings = await connection.fetchrow(
        "SELECT last_number, events, results, readings FROM store"
    )
    assert events == len(stored) == last_number == await connection.fetchval("SELECT max(number) FROM event")
    assert results == await connection.fetchval("SELECT count(*) FROM lab_result WHERE current")
    assert readings == await connection.fetchval("SELECT count(*) FROM reading")
    assert readings * BATCH == events  # batches are whole
    assert results + readings * 5 == events
    facts = await connection.fetchrow(
        "SELECT count(*), count(*) FILTER (WHERE until = $1), (SELECT count(*) FROM fact),"
        " (SELECT sum(versions) FROM fact) FROM fact_version",
        STILL,
    )
    assert (facts[0], facts[1], facts[3]) == (readings, facts[2], readings)
    assert await differences(connection) == {}
    assert await gate_differences(connection) == []
    cameras = await connection.fetchrow(
        "SELECT (SELECT max(time_ms) FROM camera), (SELECT max(to_ms) FROM camera_period), max(time_ms),"
        " (SELECT count(*) FROM camera_period), count(DISTINCT time_ms / $1)"
        " FROM event WHERE type = 'camera.health.v1'",
        TELLINGS,
    )
    assert cameras[0] == cameras[1] == cameras[2]
    assert cameras[3] == cameras[4]
    went = await connection.fetchrow("SELECT sum(allow), sum(inferred_in) FROM gate_hour")
    assert tuple(went) == (readings, readings)


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["server", "hub"])
async def test_nothing_acknowledged_is_lost(durable_server: PostgresServer, victim: str) -> None:
    url = await durable_server.new_store(f"kill_{victim}")
    acknowledged: list[str] = []
    for round_number in range(KILLS):

        def kill(process: "subprocess.Popen[str]") -> None:
            durable_server.kill() if victim == "server" else process.kill()

        acknowledged += acknowledged_until(url, round_number * 100_000, kill)
        if victim == "server":
            await asyncio.to_thread(durable_server.start)
        path = {"search_path": f"kill_{victim}"}
        connection = await durable_server.connect(server_settings=path)
        await assert_whole(connection, acknowledged)
        await connection.close()
    assert len(acknowledged) >= KILLS * ACKNOWLEDGED_EACH
    store = PostgresStore(Server(url, PASSWORD))
    await store.open()
    assert store.term == KILLS + 1
    await store.close()
