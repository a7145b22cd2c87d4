"""What an idle hub has not loaded: heavy libraries, and adapters that nobody configured."""

import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from hub.config.kinds import Kinds
from tests.demo.province import PORTS
from tests.demo.terminal import Terminal, until
from tests.ports import free_row

HEAVY = frozenset(
    {
        "cv2",
        "av",
        "numpy",
        "pandas",
        "openpyxl",
        "reportlab",
        "influxdb_client",
        "pyarrow",
        "hl7apy",
        "paho",
        "matplotlib",
        "apprise",
        "requests",
    }
    | {"PIL", "zxingcpp", "duckdb", "asyncpg"}
)
# Parts that the hub process has no use for: they belong to the API process and to the simulators.
ELSEWHERE = frozenset({"nicegui", "fastapi", "uvicorn", "simulators"})
CONFIG = """
[hub]
name = "idle"
[api]
port = {base}
[bus]
port = {bus}
[[site]]
id = "a"
name = "A"
kind = "clinic"
district = "731"
"""
ANALYZER = '[[device]]\nid = "pcr"\nkind = "hl7_mllp"\nport = {mllp}\n'
COMMANDS = ("hub.cli", "hub.cli.start", "hub.runtime.node", "hub.cli.demo")
# Runs the command as the console script does, and tells at its end what it had loaded.
TELLING = """
import sys
from hub.cli import main
try:
    main()
finally:
    print("LOADED", *sorted(sys.modules), flush=True)
"""


def loaded_by(code: str, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def roots(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


@pytest.mark.slow
@pytest.mark.parametrize("module", COMMANDS)
def test_importing_a_command_loads_no_heavy_library_and_no_adapter(module: str) -> None:
    loaded = loaded_by(f"import {module}")
    assert module in loaded
    assert roots(loaded) & (HEAVY | ELSEWHERE | {"adapters"}) == set()


@pytest.mark.slow
def test_the_hubs_process_loads_nothing_that_reads_configurations() -> None:
    loaded = loaded_by("import hub.runtime.hub_process")
    assert roots(loaded) & (HEAVY | ELSEWHERE | {"adapters", "pydantic"}) == set()


@pytest.mark.slow
def test_the_api_loads_no_heavy_library_and_no_adapter() -> None:
    code = (
        "from api.libraries_left_out import left_out\nwith left_out(): import api.serving, api.console.mount"
    )
    loaded = loaded_by(code)
    assert "nicegui" in loaded
    assert roots(loaded) & {"aiohttp", "requests", "watchfiles"} == set()
    assert roots(loaded) & (HEAVY | {"adapters", "simulators"}) == set()


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(Kinds.installed()))
def test_reading_a_configuration_loads_the_adapters_that_it_names(kind: str) -> None:
    code = "from hub.config.kinds import Kinds; Kinds.installed().model(sys.argv[1])"
    families = {door.name: door.module for door in Kinds.installed().doors()}
    loaded = loaded_by(code, kind)
    assert families[kind] in loaded
    assert [module for name, module in families.items() if name != kind and module in loaded] == []
    assert roots(loaded) & HEAVY == set()


@pytest.mark.slow
@pytest.mark.parametrize("devices", ["", ANALYZER], ids=["no device", "one analyzer"])
def test_a_running_hub_has_loaded_only_what_it_uses(tmp_path: Path, devices: str) -> None:
    base = free_row(len(PORTS))
    config = tmp_path / "epihub.toml"
    config.write_text((CONFIG + devices).format(base=base, bus=base + 1, mllp=base + 2), "utf-8")
    terminal = Terminal([sys.executable, "-c", TELLING, "up", "--config", config])
    try:
        until(lambda: "console  http" in terminal.screen, "it is ready", 20)
        files = mapped(terminal.process.pid)
        terminal.process.terminate()
        assert terminal.ended() == 0
    finally:
        terminal.close()
    (told,) = re.findall(r"^LOADED (.*)$", terminal.screen, re.MULTILINE)
    loaded = set(told.split())
    assert "hub.runtime.node" in loaded
    assert roots(loaded) & (HEAVY | ELSEWHERE) == set()
    assert [name for name in HEAVY if any(f"/site-packages/{name}/" in file for file in files)] == []
    kinds = {"adapters.lab_analyzers.hl7_mllp", "adapters.cold_chain.cold_mqtt"} & loaded
    assert kinds == ({"adapters.lab_analyzers.hl7_mllp"} if devices else set())


def mapped(pid: int) -> set[str]:
    """Files in the memory of a process: libraries that were loaded by whatever way."""
    return {each.path for each in psutil.Process(pid).memory_maps()}
