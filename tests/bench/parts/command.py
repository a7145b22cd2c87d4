"""A bench as a command: what each of them takes, and the status with which it ends."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from tests.bench.parts.verdict import BenchFailed

MISSED, FAILED = 1, 2


def options_of(purpose: str) -> argparse.ArgumentParser:
    """Without the bench's own."""
    parser = argparse.ArgumentParser(description=purpose, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--folder", type=Path, help="where the data are; a real disk, not memory")
    parser.add_argument("--check", action="store_true", help="end with status 1 when a limit is missed")
    return parser


def status_of(bench: Callable[[], Coroutine[Any, Any, bool]], *, check: bool) -> int:
    """``bench`` says whether all limits were held; 2 where its figures mean nothing."""
    try:
        met = asyncio.run(bench())
    except BenchFailed as failure:
        print(f"bench failed: {failure}", file=sys.stderr)
        return FAILED
    return MISSED if check and not met else 0
