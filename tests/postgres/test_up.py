"""`epihub up` over PostgreSQL: hub and API find the store, and its password is seen nowhere."""

import sys
from pathlib import Path

import httpx
import psutil
import pytest

from tests.demo.province import PORTS
from tests.demo.terminal import Terminal, until
from tests.ports import free_row
from tests.postgres.server import PASSWORD, PostgresServer

CONFIG = """
[hub]
name = "pg"
[api]
port = {base}
[bus]
port = {bus}
[store]
url = "{url}"
password = {{ file = "password" }}
[[site]]
id = "a"
name = "A"
kind = "clinic"
district = "731"
"""


@pytest.mark.slow
async def test_up_keeps_its_store_on_the_server(
    tmp_path: Path, postgres_url: str, postgres_server: PostgresServer
) -> None:
    base = free_row(len(PORTS))
    config = tmp_path / "epihub.toml"
    config.write_text(CONFIG.format(base=base, bus=base + 1, url=postgres_url), "utf-8")
    secret = tmp_path / "password"
    secret.write_text(PASSWORD, "utf-8")
    secret.chmod(0o600)
    terminal = Terminal([sys.executable, "-c", "from hub.cli import main; main()", "up", "--config", config])
    try:
        until(lambda: "console  http" in terminal.screen, "it is ready", 30)
        until(lambda: ready(base), "the API reads the store", 30)
        seen = [word for process in family(terminal.process.pid) for word in told(process)]
        assert [word for word in seen if PASSWORD in word] == []
    finally:
        terminal.close()
    assert PASSWORD not in terminal.screen
    assert not (tmp_path / "data" / "store.db").exists()
    connection = await postgres_server.connect(
        server_settings={"search_path": postgres_url.rpartition("=")[2]}
    )
    assert await connection.fetchval("SELECT term FROM store") == 1
    await connection.close()


def ready(port: int) -> bool:
    """The store answers the API."""
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/api/v1/events?after=0", timeout=5)
    except httpx.TransportError:
        return False
    return answer.status_code == 200


def family(pid: int) -> list[psutil.Process]:
    return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]


def told(process: psutil.Process) -> list[str]:
    """What other users of the machine, or the operator's shell, could see of it."""
    return [*process.cmdline(), *process.environ().values()]
