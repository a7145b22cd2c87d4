"""The steps of ``./dev check``: two at a time, a line each with its seconds, output of those that failed."""

import os
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from tools.progress import say
from tools.tree import PYTHON, ROOT, program

WORKERS = 2


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


# The longest first: two run at a time.
STATIC = (
    Check("types", (program("mypy"),)),
    Check("format", (program("ruff"), "format", "--check", "--quiet", ".")),
    Check("lint", (program("ruff"), "check", "--quiet", ".")),
    Check("imports", (program("lint-imports"), "--no-cache")),
    Check("dependencies", (program("deptry"), ".")),
    Check("licences", (str(PYTHON), "-m", "tools.licences")),
)
FAST_TESTS = Check("fast tests", (program("pytest"), "-q", "-m", "not slow and not browser"))


def run_all(checks: Sequence[Check]) -> list[str]:
    """Run the checks, say how each ended, and answer the names of those that failed."""
    failed: list[Outcome] = []
    with ThreadPoolExecutor(WORKERS) as pool:
        for done in as_completed([pool.submit(run_one, check) for check in checks]):
            outcome = done.result()
            say(
                f"{'ok    ' if outcome.passed else 'FAILED'} {outcome.check.name:<13}{outcome.seconds:5.1f} s"
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
