"""The steps of ``./dev check``: side by side, a line each with its seconds, output of those that failed."""

import os
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from tools.progress import say
from tools.tree import PYTHON, ROOT, program

WORKERS = max(4, os.cpu_count() or 4)  # fast tests wait for the disk a good part of their time
# All tests; processes that are waited for leave room for one more than there are cores. Who has done its own
# takes half of what another has before it.
IN_PARALLEL = ("-n", str((os.cpu_count() or 2) + 1), "--dist", "worksteal")


@dataclass(frozen=True)
class Check:
    """A named command that passes when it ends with status 0."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """How a check ended."""

    check: Check
    passed: bool
    seconds: float
    output: str


STATIC = (
    Check("types", (program("mypy"),)),
    Check("format", (program("ruff"), "format", "--check", "--quiet", ".")),
    Check("lint", (program("ruff"), "check", "--quiet", ".")),
    Check("imports", (program("lint-imports"), "--no-cache")),
    Check("dependencies", (program("deptry"), ".")),
    Check("licences", (str(PYTHON), "-m", "tools.licences")),
)
# Folders of tests/, parts of about the same length; what is named nowhere makes the last one.
PARTS = (
    ("api", "forward", "mqtt", "notify", "sink"),
    ("alarms", "backup", "golden", "simulators", "spool", "storage"),
    ("cold_chain", "lab_analyzers"),
)
# By name: what else is installed beside the lock neither takes part nor takes its time to load.
PLUGINS = ("pytest_asyncio.plugin", "pytest_timeout", "_hypothesis_pytestplugin")


def fast_tests() -> tuple[Check, ...]:
    """The fast tests in parts, without a cache: side by side they would write over each other's.

    Properties are tried with a quarter of the examples that ``./dev test`` takes.
    """
    plugins = [word for name in ("no:cacheprovider", *PLUGINS) for word in ("-p", name)]
    chosen = ("-m", "not slow and not browser", "--disable-plugin-autoload", *plugins)
    quick = (program("pytest"), "-q", "--hypothesis-profile=short", *chosen)
    folders = [[f"tests/{name}" for name in part] for part in PARTS]
    others = ["tests", *(f"--ignore={path}" for part in folders for path in part)]
    return tuple(
        Check(f"fast tests {number}", (*quick, *paths)) for number, paths in enumerate((*folders, others), 1)
    )


def run_all(checks: Sequence[Check]) -> list[str]:
    """Run the checks, say how each ended, and answer the names of those that failed."""
    failed: list[Outcome] = []
    with ThreadPoolExecutor(WORKERS) as pool:
        for done in as_completed([pool.submit(run_one, check) for check in checks]):
            outcome = done.result()
            say(
                f"{'ok    ' if outcome.passed else 'FAILED'} {outcome.check.name:<14}{outcome.seconds:5.1f} s"
            )
            if not outcome.passed:
                failed.append(outcome)
    for outcome in failed:
        say(f"\n── {outcome.check.name}\n{outcome.output.rstrip()}")
    return [outcome.check.name for outcome in failed]


def run_one(check: Check) -> Outcome:
    """Run one check with its output kept."""
    started = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(check, done.returncode == 0, time.monotonic() - started, done.stdout)
