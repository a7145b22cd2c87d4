"""Makes one file that installs epihub on a machine without internet.

The file is a Python zip application: the wheels of all run-time packages, epihub's own wheel, the hash of
each, and the installer (``tools/installer.py``). It fits the Python version and the kind of machine that it
was made on.
"""

import hashlib
import json
import platform
import re
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

from tools.environment import locked_count, pip_run
from tools.progress import step
from tools.tree import LOCKS, ROOT, DevError

WHEEL_NAME = re.compile(r"(?P<name>[^-]+)-(?P<version>[^-]+)(-\d[^-]*)?-[^-]+-[^-]+-[^-]+\.whl")
INSTALLER_PARTS = ("remedy.py", "installer.py")
MAIN = "import sys\nfrom tools.installer import main\nsys.exit(main())\n"
# A zip entry carries a date; a fixed one makes the same bundle from the same wheels.
ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def build(folder: Path) -> Path:
    """Collect the wheels and write the file into ``folder``; answers its path."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    made_for = {"python": f"{sys.version_info.major}.{sys.version_info.minor}", "machine": machine()}
    target = folder / f"epihub-{version}-py{made_for['python']}-{made_for['machine']}.pyz"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="epihub-bundle-") as wheels:
        collect(Path(wheels))
        with step(f"writing {target.name}"):
            write(target, sorted(Path(wheels).glob("*.whl")), {"version": version, **made_for})
    return target


def machine() -> str:
    """The kind of machine that the wheels fit, e.g. ``linux-x86_64``."""
    return f"{platform.system().lower()}-{platform.machine()}"


def collect(wheels: Path) -> None:
    """Download the locked wheels, hashes checked, and build epihub's own."""
    locked = ["--require-hashes", "--only-binary", ":all:", "-r", str(LOCKS / "run.txt")]
    with step("collecting wheels") as report:
        pip_run(
            ["download", "--progress-bar", "off", *locked, "--dest", str(wheels)], report, locked_count("run")
        )
    with step("building epihub's wheel") as report:
        own = ["--no-index", "--no-deps", "--no-build-isolation", str(ROOT)]
        pip_run(["wheel", *own, "--wheel-dir", str(wheels)], report, 1)


def write(target: Path, wheels: list[Path], about: dict[str, str]) -> None:
    """Write the zip application: wheels as they are (they are compressed), then what installs them."""
    hashes = {wheel.name: hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels}
    lines = [requirement(name, digest) for name, digest in hashes.items()]
    partial = target.with_suffix(".partial")
    with partial.open("wb") as file:
        file.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            add(archive, "__main__.py", MAIN.encode())
            add(archive, "tools/__init__.py", b"")
            for part in INSTALLER_PARTS:
                add(archive, f"tools/{part}", (ROOT / "tools" / part).read_bytes())
            add(archive, "about.json", json.dumps(about | {"sha256": hashes}, indent=1).encode())
            add(archive, "requirements.txt", "\n".join(lines).encode() + b"\n")
            for wheel in wheels:
                add(archive, f"wheels/{wheel.name}", wheel.read_bytes())
    partial.chmod(0o755)
    partial.replace(target)


def requirement(wheel_name: str, digest: str) -> str:
    """The pinned, hashed line for one wheel."""
    if (match := WHEEL_NAME.fullmatch(wheel_name)) is None:
        raise DevError(f"{wheel_name}: not the name of a wheel")
    return f"{match['name'].replace('_', '-')}=={match['version']} --hash=sha256:{digest}"


def add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Add one entry with a fixed date and mode."""
    entry = zipfile.ZipInfo(name, ZIP_DATE)
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content)
