"""The command line: what it says, what it writes, and how it ends."""

import json
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pytest

from hub.cli.main import main
from hub.payloads import BY_TYPE
from tests.ports import free_port

PASSPHRASE = "mật khẩu dài của sở"


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)

    def command(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["epihub", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        code = ended.value.code
        return Ended(code if isinstance(code, int) else 0, told.out, told.err)

    return command


CONFIG = """
[hub]
name = "dong-nai"
data_dir = "{data}"
[bus]
port = {bus}
[api]
port = {api}
[[site]]
id = "bv-1"
name = "Bệnh viện Một"
kind = "hospital"
district = "731"
"""


def config(folder: Path, text: str = CONFIG) -> Path:
    path = folder / "epihub.toml"
    path.write_text(text.format(data=folder / "data", bus=free_port(), api=free_port()), "utf-8")
    return path


def test_version(run: Run) -> None:
    assert run("--version") == Ended(0, f"epihub {version('epihub')}\n", "")


@pytest.mark.parametrize("command", [(), ("key",), ("vault",), ("quarantine",)])
def test_without_arguments_it_helps(run: Run, command: tuple[str, ...]) -> None:
    ended = run(*command)
    assert "Usage" in ended.out + ended.err
    assert "Traceback" not in ended.err


def test_unknown_command_is_refused(run: Run) -> None:
    assert run("nothing").code == 2


def test_check_finds_no_mistake(run: Run, tmp_path: Path) -> None:
    path = config(tmp_path)
    assert run("check", path) == Ended(0, f"{path}: 1 sites, 0 devices, no mistake\n", "")


def test_check_tells_every_mistake_with_its_line(run: Run, tmp_path: Path) -> None:
    path = config(
        tmp_path,
        CONFIG.replace('kind = "hospital"', 'kind = "hopsital"').replace("[bus]\nport", "[bus]\nprot"),
    )
    ended = run("check", path)
    assert (ended.code, ended.out) == (2, "")
    lines = ended.err.splitlines()
    assert any("epihub.toml:6:" in line and "prot" in line for line in lines), ended.err
    assert any("epihub.toml:12:" in line and "hospital" in line for line in lines), ended.err
    assert "Traceback" not in ended.err


def test_check_of_a_missing_file(run: Run, tmp_path: Path) -> None:
    ended = run("check", tmp_path / "none.toml")
    assert ended.code in (1, 2)
    assert "none.toml" in ended.err
    assert "Traceback" not in ended.err


def test_init_writes_a_configuration_that_passes_and_a_private_key(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "province"
    assert run("init", folder).code == 0
    key = folder / "data" / "keys" / "province.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_text().strip() not in run("check", folder / "epihub.toml").out
    before = key.read_text()
    again = run("init", folder)
    assert again.code == 1
    assert "nothing was changed" in again.err
    (folder / "epihub.toml").unlink()
    assert run("init", folder).code == 0
    assert key.read_text() == before, "the province's key is made once"


def test_init_where_it_cannot_write(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = run("init", tmp_path / "file")
    assert ended.code == 1
    assert "Traceback" not in ended.err
    assert str(tmp_path / "file") in ended.err


def test_schema_prints_every_type_and_writes_files(run: Run, tmp_path: Path) -> None:
    assert json.loads(run("schema").out).keys() >= BY_TYPE.keys()
    assert run("schema", "--folder", tmp_path / "schemas").code == 0
    names = {path.name for path in (tmp_path / "schemas").iterdir()}
    assert {f"{name}.json" for name in BY_TYPE} <= names
    assert json.loads(run("schema", "--asyncapi").out)["asyncapi"]


def test_key_is_shown_once_and_ends_when_it_is_revoked(run: Run, tmp_path: Path) -> None:
    data = ("--data", tmp_path / "data")
    token = run("key", "add", "reporter", "--note", "sở y tế", *data).out.strip()
    assert len(token) > 30
    listed = run("key", "list", *data).out
    assert "reporter" in listed
    assert "sở y tế" in listed
    file = tmp_path / "data" / "api-keys.json"
    assert token not in listed + file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "last key stays" in run("key", "revoke", listed.split()[0], *data).err
    run("key", "add", "admin", *data)
    assert run("key", "revoke", listed.split()[0], *data).code == 0
    assert [line.split()[1] for line in run("key", "list", *data).out.splitlines()] == ["admin"]
    ended = run("key", "revoke", "none", *data)
    assert ended.code == 1
    assert "Traceback" not in ended.err


def test_key_of_a_role_that_is_none(run: Run, tmp_path: Path) -> None:
    ended = run("key", "add", "boss", "--data", tmp_path)
    assert ended.code == 1
    assert "operator" in ended.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_vault_goes_from_edge_to_edge(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPIHUB_VAULT_PASSPHRASE", PASSPHRASE)
    run("init", tmp_path / "a")
    sealed = tmp_path / "province.vault"
    export = ("vault", "export", sealed, "--data", tmp_path / "a" / "data")
    assert run(*export).code == 0
    assert stat.S_IMODE(sealed.stat().st_mode) == 0o600
    before = sealed.read_bytes()
    ended = run(*export)
    assert (ended.code, sealed.read_bytes()) == (1, before), "a file is never overwritten"
    assert "Traceback" not in ended.err
    take = ("vault", "import", sealed, "--data", tmp_path / "b" / "data")
    assert "province.key" in run(*take).err
    keys = [tmp_path / name / "data" / "keys" / "province.key" for name in ("a", "b")]
    assert keys[0].read_text() == keys[1].read_text()
    assert "nothing new" in run(*take).err
    monkeypatch.setenv("EPIHUB_VAULT_PASSPHRASE", "một mật khẩu khác")
    assert "wrong passphrase" in run("vault", "import", sealed, "--data", tmp_path / "c").err
    monkeypatch.setenv("EPIHUB_VAULT_PASSPHRASE", "short")
    assert "12 characters" in run("vault", "export", tmp_path / "x", "--data", tmp_path / "a" / "data").err
    assert not (tmp_path / "x").exists()
    assert run("vault", "import", tmp_path / "none", "--data", tmp_path / "c").code == 1


def test_doctor_finds_what_is_good_and_what_is_not(run: Run, tmp_path: Path) -> None:
    path = config(tmp_path)
    ended = run("doctor", "--config", path)
    assert "SQLite" in ended.out
    assert "is free" in ended.out
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        text = CONFIG.replace("{api}", str(taken.getsockname()[1]))
        ended = run("doctor", "--config", config(tmp_path, text))
    assert ended.code == 1
    assert "!!  api: 127.0.0.1:" in ended.out
    assert "change [api] port" in ended.out


def test_doctor_without_a_configuration_says_what_to_do(run: Run, tmp_path: Path) -> None:
    ended = run("doctor", "--config", tmp_path / "none.toml")
    assert ended.code == 1
    assert "epihub init" in ended.out


def test_doctor_with_mistakes_tells_them(run: Run, tmp_path: Path) -> None:
    ended = run("doctor", "--config", config(tmp_path, CONFIG.replace("[bus]\nport", "[bus]\nprot")))
    assert ended.code == 1
    assert "prot" in ended.out


@pytest.mark.parametrize("command", [("list",), ("show", "00" * 16), ("replay", "00" * 16)])
def test_quarantine_without_a_running_epihub(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    ended = run("quarantine", *command, "--data", tmp_path)
    assert ended.code == 1
    assert ended.err.splitlines()[-1] == "epihub: no epihub runs with this data directory"


@pytest.mark.parametrize("command", ["up", "edge", "hub"])
def test_start_with_mistakes_does_not_start(run: Run, tmp_path: Path, command: str) -> None:
    ended = run(command, "--config", config(tmp_path, CONFIG.replace("[bus]\nport", "[bus]\nprot")))
    assert ended.code == 2
    assert "prot" in ended.err
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
def test_command_is_installed_and_help_is_quick_to_load() -> None:
    """What a command needs is imported when it runs."""
    program = Path(sys.executable).parent / "epihub"
    ended = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, timeout=30)
    assert ended.stdout == f"epihub {version('epihub')}\n"
    probe = "import sys, hub.cli.main; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, timeout=30
    ).stdout.split()
    assert not {"nicegui", "fastapi", "paho", "simulators"} & set(loaded)


BUS_EDGE = """
[[bus.edge]]
id = "edge-2"
password = { env = "EPIHUB_EDGE_2" }
"""


def test_bus_acl_prints_accounts_for_another_broker(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EPIHUB_EDGE_2", "geheim")
    (tmp_path / "epihub.toml").write_text(
        CONFIG.format(data=tmp_path, bus=1883, api=8080) + BUS_EDGE, "utf-8"
    )
    told = run("bus", "acl", "--for", "mosquitto")
    assert told.code == 0
    assert "user edge-2\ntopic write epihub/v1/evt/+/+/edge-2/#\n" in told.out
    assert "geheim" not in told.out
    assert run("bus", "acl", "--for", "emqx").code == 2


def test_doctor_says_why_another_broker_does_not_let_us_in(run: Run, tmp_path: Path) -> None:
    text = CONFIG.format(data=tmp_path, bus=1883, api=free_port())
    url = f"mqtt://127.0.0.1:{free_port()}"
    (tmp_path / "epihub.toml").write_text(text.replace("port = 1883", f'url = "{url}"'), "utf-8")
    told = run("doctor")
    assert told.code == 1
    assert f"!! bus: {url.removeprefix('mqtt://')}: Connection refused" in told.out.replace("  ", " ")
