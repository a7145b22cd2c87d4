"""``./dev`` on machines that lack something, and its answers to wrong arguments."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import environment
from tools.commands import COMMANDS
from tools.tree import ROOT


def dev(*arguments: str, startup: str, folder: Path, path: str = "") -> subprocess.CompletedProcess[str]:
    """Run ``./dev`` with an environment of its own, after ``startup`` has changed what Python has."""
    (folder / "sitecustomize.py").write_text(startup, encoding="utf-8")
    variables = {"PYTHONPATH": str(folder), "EPIHUB_VENV": str(folder / "venv"), "PATH": path}
    command = [sys.executable, str(ROOT / "dev"), *arguments]
    return subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False)


def test_a_python_without_ensurepip_gets_the_one_line_that_mends_it(tmp_path: Path) -> None:
    done = dev("setup", startup="import sys; sys.modules['ensurepip'] = None", folder=tmp_path)
    assert done.returncode == 2
    assert f"apt install python3.{sys.version_info.minor}-venv" in done.stderr.splitlines()
    assert not (tmp_path / "venv").exists()


def test_an_old_python_is_told_what_is_needed(tmp_path: Path) -> None:
    done = dev("setup", startup="import sys; sys.version_info = (3, 9, 2, 'final', 0)", folder=tmp_path)
    assert done.returncode == 2
    assert "epihub needs Python 3.11 or newer" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_old_python_can_read_the_script() -> None:
    ast.parse((ROOT / "dev").read_text(encoding="utf-8"), feature_version=(3, 6))


def test_an_unknown_command_lists_the_known_ones(tmp_path: Path) -> None:
    done = dev("nonsense", startup="", folder=tmp_path)
    assert done.returncode == 2
    assert all(f"./dev {name}" in done.stderr for name in COMMANDS)


@pytest.mark.parametrize("folder", ["bench", "soak"])
def test_an_unknown_runner_lists_the_known_ones(folder: str, tmp_path: Path) -> None:
    done = dev(folder, "no-such-thing", startup="", folder=tmp_path)
    assert done.returncode == 2
    assert f"usage: ./dev {folder} NAME" in done.stderr


def test_setup_runs_again_when_a_lock_or_the_project_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("run.txt", "build.txt", "test.txt", "pyproject.toml"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    monkeypatch.setattr(environment, "LOCKS", tmp_path)
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    stamps = [environment.stamp("run")]
    for name in ("run.txt", "build.txt", "pyproject.toml"):
        (tmp_path / name).write_text("changed", encoding="utf-8")
        stamps.append(environment.stamp("run"))
    assert len({stamp["inputs"] for stamp in stamps}) == 4


def test_who_wants_no_bytecode_beside_the_sources_has_it_in_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"PYTHONDONTWRITEBYTECODE": "1"})
    environment.keep_bytecode()
    assert os.environ == {"PYTHONPYCACHEPREFIX": str(ROOT / "build" / "bytecode")}


def test_who_does_not_care_has_it_where_python_puts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {})
    environment.keep_bytecode()
    assert not os.environ


def test_temporary_files_of_tests_are_in_memory_where_there_is_plenty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "MEMORY_DISK", tmp_path)
    for free, chosen in ((1, {}), (0, {"TMPDIR": str(tmp_path)})):
        monkeypatch.setattr(os, "environ", {})
        monkeypatch.setattr(environment, "MEMORY_BYTES", free * (1 << 60))
        environment.files_in_memory()
        assert os.environ == chosen


def test_whoever_says_where_temporary_files_belong_has_them_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"TMPDIR": "/elsewhere"})
    environment.files_in_memory()
    assert os.environ == {"TMPDIR": "/elsewhere"}
