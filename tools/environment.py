"""Makes ``.venv`` from the hashed locks, and only when something changed.

Nothing is downloaded without a hash: wheels only (a source package would fetch its own build tools),
and epihub itself is built by the backend that the lock brought.
"""

import fcntl
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from tools.progress import Report, step
from tools.remedy import venv_remedy
from tools.tree import LOCKS, PYTHON, ROOT, VENV, DevError

Purpose = Literal["run", "test"]

LOCK_FILES: dict[Purpose, tuple[str, ...]] = {"run": ("run.txt", "build.txt"), "test": ("test.txt",)}
STAMP = VENV / "epihub-setup.json"
PIP = (str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input")
MEMORY_DISK = Path("/dev/shm")
MEMORY_BYTES = 4 << 30  # a run of all tests needs a quarter of it
TAIL_LINES = 25  # of pip's output, when it fails


def ensure(purpose: Purpose) -> None:
    """Make the environment fit ``purpose``, if it does not yet. What tests need includes all else."""
    with alone():
        if any(read_stamp() == stamp(known) for known in ("test", purpose)):
            return
        make_venv()
        names = [argument for name in LOCK_FILES[purpose] for argument in ("-r", str(LOCKS / name))]
        with step(
            f"installing the packages that {'the tests need' if purpose == 'test' else 'epihub needs'}"
        ) as report:
            pip_install(["--require-hashes", "--only-binary", ":all:", *names], report, locked_count(purpose))
        with step("installing epihub itself") as report:
            pip_install(["--no-index", "--no-deps", "--no-build-isolation", "-e", str(ROOT)], report, 1)
        STAMP.write_text(json.dumps(stamp(purpose)), encoding="utf-8")


def keep_bytecode() -> None:
    """Compiled modules are kept, or every process of every test compiles anew whatever it imports.

    Who wants none beside the sources (``PYTHONDONTWRITEBYTECODE``) has them in ``build``.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ.setdefault("PYTHONPYCACHEPREFIX", str(ROOT / "build" / "bytecode"))


def files_in_memory() -> None:
    """Temporary files of tests, in memory where there is plenty: thousands of stores wait for no disk then.

    Those that are killed while they write stay on a disk (``tests/fire``, ``tests/apart``).
    """
    if "TMPDIR" in os.environ or not os.access(MEMORY_DISK, os.W_OK):
        return
    memory = os.statvfs(MEMORY_DISK)
    runs_programs = not memory.f_flag & os.ST_NOEXEC  # tests write some
    if runs_programs and memory.f_bavail * memory.f_frsize >= MEMORY_BYTES:
        os.environ["TMPDIR"] = str(MEMORY_DISK)


def stamp(purpose: Purpose) -> dict[str, str]:
    """What the environment was made from: a change of any of it makes it again."""
    digest = hashlib.sha256()
    for path in (*(LOCKS / name for name in LOCK_FILES[purpose]), ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return {"purpose": purpose, "inputs": digest.hexdigest(), "root": str(ROOT)}


def read_stamp() -> dict[str, str] | None:
    """The stamp of the last finished setup, None when there is none or no Python behind it."""
    if not (STAMP.exists() and PYTHON.exists()):
        return None
    found: dict[str, str] = json.loads(STAMP.read_text(encoding="utf-8"))
    return found


def make_venv() -> None:
    """A virtual environment with a working pip; one that was moved or half made is made anew."""
    known = read_stamp()
    if (known is None or known["root"] == str(ROOT)) and has_pip():
        STAMP.unlink(missing_ok=True)
        return
    if (remedy := venv_remedy()) is not None:
        raise DevError(f"This Python cannot make virtual environments. One line mends it:\n{remedy}")
    with step("making .venv"):
        run([sys.executable, "-m", "venv", "--clear", str(VENV)])


def has_pip() -> bool:
    """Whether the environment's Python starts and finds pip."""
    if not PYTHON.exists():
        return False
    return subprocess.run([*PIP, "--version"], capture_output=True, check=False).returncode == 0


def pip_install(arguments: list[str], report: Report, count: int) -> None:
    """Run ``pip install`` as ``pip_run`` does."""
    pip_run(["install", "--progress-bar", "off", *arguments], report, count)


def pip_run(arguments: list[str], report: Report, count: int) -> None:
    """Run pip, showing which package of ``count`` it is at; raise DevError with its last lines."""
    lines: list[str] = []
    seen = 0
    with subprocess.Popen(
        [*PIP, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
    ) as pip:
        for line in pip.stdout or ():
            lines.append(line)
            if line.startswith("Collecting "):
                seen += 1
                report(f"{min(seen, count)}/{count} {line.split()[1].split('=')[0]}")
            elif line.startswith("Installing collected"):
                report("unpacking")
    if pip.returncode:
        raise DevError("".join(lines[-TAIL_LINES:]) + "pip failed; its last words are above.")


def locked_count(purpose: Purpose) -> int:
    """How many packages the locks name."""
    texts = ((LOCKS / name).read_text(encoding="utf-8") for name in LOCK_FILES[purpose])
    return sum(len(re.findall(r"^[a-z0-9].*==", text, re.MULTILINE)) for text in texts)


def run(command: list[str], **variables: str) -> None:
    """Run a command in the checkout with its output shown; raise DevError when it fails."""
    done = subprocess.run(command, cwd=ROOT, env=os.environ | variables, check=False)
    if done.returncode:
        raise DevError(f"{' '.join(command[:4])} … ended with status {done.returncode}")


@contextmanager
def alone() -> Iterator[None]:
    """One setup at a time in a checkout: a second one waits, then finds the work done."""
    directory = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)
