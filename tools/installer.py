"""Runs inside the bundle, on a machine without internet: checks every wheel, installs epihub into a folder.

Standard library only; it must say something sensible under any Python 3.
"""

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from tools.remedy import venv_remedy

BUNDLE = Path(__file__).resolve().parent.parent  # the zip file itself


class InstallError(Exception):
    """Nothing can be installed; the message says why."""


def main() -> int:
    """Install; 0 when epihub is ready to run, 2 when it could not be installed."""
    parser = argparse.ArgumentParser(description="Installs epihub from this file alone, without internet.")
    parser.add_argument(
        "--target", type=Path, required=True, metavar="DIR", help="new folder to install into"
    )
    target: Path = parser.parse_args().target.resolve()
    try:
        with zipfile.ZipFile(BUNDLE) as bundle:
            install(bundle, target)
    except (InstallError, OSError, zipfile.BadZipFile) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"epihub is installed in {target}\nnext: {target}/bin/epihub demo")
    return 0


def install(bundle: zipfile.ZipFile, target: Path) -> None:
    """Check that the bundle fits and is whole, then make the environment from it alone."""
    about: dict[str, Any] = json.loads(bundle.read("about.json"))
    check_machine(about)
    if target.exists() and any(target.iterdir()):
        raise InstallError(f"{target} is not empty; name a new folder with --target")
    with tempfile.TemporaryDirectory(prefix="epihub-install-") as folder:
        wheels = Path(folder)
        unpack(bundle, about["sha256"], wheels)
        (wheels / "requirements.txt").write_bytes(bundle.read("requirements.txt"))
        print(
            f"installing epihub {about['version']} ({len(about['sha256'])} wheels, all hashes right) …",
            flush=True,
        )
        run([sys.executable, "-m", "venv", "--clear", str(target)])
        run([str(target / "bin" / "python"), "-m", "pip", "install", *pip_options(wheels)])


def check_machine(about: dict[str, Any]) -> None:
    """Wheels are compiled for one Python version and kind of machine."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    machine = f"{platform.system().lower()}-{platform.machine()}"
    if (python, machine) != (about["python"], about["machine"]):
        made_for = f"Python {about['python']} on {about['machine']}"
        raise InstallError(f"this file is made for {made_for}; this is Python {python} on {machine}")
    remedy = venv_remedy()
    if remedy is not None:
        raise InstallError(f"This Python cannot make virtual environments. One line mends it:\n{remedy}")


def unpack(bundle: zipfile.ZipFile, hashes: dict[str, str], folder: Path) -> None:
    """Write out the wheels; raise InstallError at the first whose bytes are not those that were packed."""
    for name, expected in hashes.items():
        content = bundle.read(f"wheels/{name}")
        if hashlib.sha256(content).hexdigest() != expected:
            raise InstallError(f"{name} is damaged (its SHA-256 differs); copy the file again")
        (folder / name).write_bytes(content)


def pip_options(wheels: Path) -> list[str]:
    """Nothing from anywhere but the folder, and only with the right hash, however pip is configured."""
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--isolated"]
    only_here = ["--no-index", "--find-links", str(wheels), "--only-binary", ":all:", "--require-hashes"]
    return [*quiet, *only_here, "-r", str(wheels / "requirements.txt")]


def run(command: list[str]) -> None:
    """Run a command with its output shown; raise InstallError when it fails."""
    # pip would read settings (another index, other links) from the environment before its own options.
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
    status = subprocess.run(command, env=clean, check=False).returncode
    if status:
        raise InstallError(f"{' '.join(command[:4])} … ended with status {status}")
