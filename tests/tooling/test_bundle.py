"""The one file for machines without internet."""

import hashlib
import io
import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tools import bundle, installer
from tools.tree import ROOT, DevError

WHEEL = "some_thing-1.2.3-py3-none-any.whl"
ABOUT = {
    "version": "0",
    "python": f"{sys.version_info.major}.{sys.version_info.minor}",
    "machine": bundle.machine(),
}


@pytest.fixture
def small_bundle(tmp_path: Path) -> Path:
    """A bundle with one wheel of four bytes."""
    wheel = tmp_path / WHEEL
    wheel.write_bytes(b"PK..")
    target = tmp_path / "small.pyz"
    bundle.write(target, [wheel], ABOUT)
    return target


def run(path: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(path), *arguments]
    return subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False)


def rewritten(path: Path, name: str, content: bytes) -> Path:
    """The same bundle with one entry replaced."""
    target = path.with_name("rewritten.pyz")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.namelist():
            new.writestr(entry, content if entry == name else old.read(entry))
    return target


def test_every_wheel_is_pinned_with_its_hash(small_bundle: Path) -> None:
    digest = hashlib.sha256(b"PK..").hexdigest()
    with zipfile.ZipFile(small_bundle) as archive:
        assert archive.read("requirements.txt").decode() == f"some-thing==1.2.3 --hash=sha256:{digest}\n"
        assert json.loads(archive.read("about.json"))["sha256"] == {WHEEL: digest}


def test_the_same_wheels_give_the_same_file(small_bundle: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.pyz"
    bundle.write(again, [tmp_path / WHEEL], ABOUT)
    assert again.read_bytes() == small_bundle.read_bytes()


def test_what_is_no_wheel_is_refused() -> None:
    with pytest.raises(DevError, match="not the name of a wheel"):
        bundle.requirement("some_thing-1.2.3.tar.gz", "00")


def test_a_damaged_wheel_is_named_and_nothing_is_installed(small_bundle: Path, tmp_path: Path) -> None:
    damaged = rewritten(small_bundle, f"wheels/{WHEEL}", b"PK.!")
    done = run(damaged, "--target", str(tmp_path / "target"))
    assert done.returncode == 2
    assert f"{WHEEL} is damaged" in done.stderr
    assert not (tmp_path / "target").exists()


def test_another_python_or_machine_is_refused(small_bundle: Path, tmp_path: Path) -> None:
    about = json.dumps(ABOUT | {"machine": "linux-s390x", "sha256": {}}).encode()
    done = run(rewritten(small_bundle, "about.json", about), "--target", str(tmp_path / "target"))
    assert done.returncode == 2
    assert "this file is made for" in done.stderr
    assert "linux-s390x" in done.stderr


def test_a_folder_in_use_is_refused(small_bundle: Path, tmp_path: Path) -> None:
    done = run(small_bundle, "--target", str(tmp_path))
    assert done.returncode == 2
    assert "is not empty" in done.stderr


def test_a_python_without_ensurepip_gets_the_one_line(small_bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys; sys.modules['ensurepip'] = None", encoding="utf-8"
    )
    done = run(small_bundle, "--target", str(tmp_path / "target"), PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert f"apt install python3.{sys.version_info.minor}-venv" in done.stderr.splitlines()


def test_wheels_are_checked_before_they_are_written(tmp_path: Path) -> None:
    archive = zipfile.ZipFile(io.BytesIO(), "w")
    archive.writestr(f"wheels/{WHEEL}", b"other")
    with pytest.raises(installer.InstallError, match="damaged"):
        installer.unpack(archive, {WHEEL: "00"}, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_bundle_installs_without_any_index(tmp_path: Path) -> None:
    built = run(ROOT / "dev", "bundle", str(tmp_path))
    assert built.returncode == 0, built.stderr
    target = tmp_path / "installed"
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_NO_CACHE_DIR": "1", "HOME": str(tmp_path)}
    done = run(Path(built.stdout.strip()), "--target", str(target), **nowhere)
    assert done.returncode == 0, done.stderr
    assert f"{target}/bin/epihub demo" in done.stdout
    version = epihub(target, "--version")
    assert version == f"epihub {project_version()}"
    assert "lab.result.v1" in epihub(target, "schema")
    check_data_files(target)


def epihub(target: Path, *arguments: str) -> str:
    """What the installed command prints, away from the checkout."""
    command = [str(target / "bin" / "epihub"), *arguments]
    done = subprocess.run(command, cwd=target, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def project_version() -> str:
    version: str = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    return version


def check_data_files(target: Path) -> None:
    """All that is tracked in the packages is installed, data files included."""
    site = next((target / "lib").glob("python3.*/site-packages"))
    listed = subprocess.run(
        ["git", "ls-files", "hub", "adapters", "storage", "api", "simulators"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert [name for name in listed.stdout.splitlines() if not (site / name).exists()] == []
