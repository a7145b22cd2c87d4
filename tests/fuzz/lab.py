"""./dev fuzz lab: mutated messages through every codec and reader of the laboratory adapters.

Each input must keep the promises of its target (tests/fuzz/parts/targets.py), cost calls in proportion to
its bytes and end within a second of CPU; inputs that take a step in the codecs that none has taken before
are mutated further. First, work must grow with its input and memory stay under twice the cap. A find is
made as short as it gets, written to tests/fuzz/seeds/<target>/ and from then on tried by the test suite.
Ends with status 1 on a find. The same seed gives each target the same inputs, one after the other.
"""

import argparse
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

from tests.fuzz.parts.cost import require_bounded_memory, require_even_growth
from tests.fuzz.parts.mutation import Stock, mutated
from tests.fuzz.parts.reach import Reach
from tests.fuzz.parts.target import Found, Target
from tests.fuzz.parts.targets import TARGETS
from tests.fuzz.parts.trial import SEEDS, keep, kept, require_known, shortened, tried

SLICE_SECONDS = 2.0  # of one target, then it is the next one's turn
TRACED_EVERY = 8
COUNTED_EVERY = 100
MOST_INPUTS = 3000


@dataclass(slots=True)
class Run:
    """The fuzzing of one target."""

    target: Target
    random: Random
    inputs: list[bytes]
    reach: Reach = field(default_factory=Reach)
    number: int = 0
    seconds: float = 0.0

    @classmethod
    def begin(cls, target: Target, seed: int) -> "Run":
        finds = [path.read_bytes() for path in kept(target)]
        return cls(target, Random(f"{seed}/{target.name}"), [*target.inputs(), *finds])

    def go(self, seconds: float) -> tuple[bytes, Exception] | None:
        """Try inputs for so long: the first that fails, and what is wrong with it."""
        began = time.perf_counter()
        try:
            while time.perf_counter() - began < seconds:
                data = self._next()
                error = tried(self.target, data, counted=self.number % COUNTED_EVERY == 0)
                if error:
                    return data, error
                if self.number % TRACED_EVERY == 0 and len(self.inputs) < MOST_INPUTS:
                    self._remember(data)
        finally:
            self.seconds += time.perf_counter() - began
        return None

    def _next(self) -> bytes:
        self.number += 1
        data = mutated(self.random, Stock(self.inputs, self.target.words))
        if self.target.mended and self.random.random() < 0.7:
            return self.target.mended(self.random, data)
        return data

    def _remember(self, data: bytes) -> None:
        if self.reach.grows_by(lambda: self.target.check(data)):
            self.inputs.append(data)

    def told(self) -> str:
        speed = self.number / self.seconds if self.seconds else 0.0
        return f"{self.number:>9,} inputs {speed:>8,.0f}/s {self.reach.steps:>6,} steps"


def begun(target: Target) -> list[tuple[bytes, Exception]]:
    """What fails before anything is mutated: costs, well-formed inputs, earlier finds."""
    inputs = [*target.inputs(), *(path.read_bytes() for path in kept(target))]
    found = [(data, error) for data in inputs if (error := tried(target, data, counted=True))]
    costs = [partial(require_even_growth, target, shape) for shape in target.grows]
    costs += [partial(require_bounded_memory, target, shape) for shape in target.endless]
    for cost in costs:
        try:
            cost()
        except Found as error:
            found.append((b"", error))
    return found


def fuzz(targets: list[Target], seconds: float, seed: int, folder: Path) -> int:
    """Every target gets its turns until the time is over; how many have failed."""
    deadline = time.monotonic() + seconds
    runs, failed = {}, 0
    for target in targets:
        for data, error in begun(target):
            failed += 1
            _report(target, data, error, seed, folder)
        runs[target.name] = Run.begin(target, seed)
    slice_seconds = min(SLICE_SECONDS, seconds / len(runs) / 2)
    while runs and time.monotonic() < deadline:
        for name, run in list(runs.items()):
            found = run.go(min(slice_seconds, max(0.0, deadline - time.monotonic())))
            print(f"{name:<28}{run.told()}", flush=True)
            if found:
                failed += 1
                _report(run.target, *found, seed, folder)
                del runs[name]  # it would be found again and again
    return failed


def _report(target: Target, data: bytes, error: Exception, seed: int, folder: Path) -> None:
    what = f"{type(error).__name__}: {error}"
    if not data:
        print(f"FOUND  {target.name}: {what}", flush=True)
        return
    path = keep(folder, target, shortened(target, data, error), seed)
    print(f"FOUND  {target.name}: {what}\n       {path.stat().st_size} bytes kept in {path}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", default="", help="only targets whose names begin so")
    parser.add_argument("--folder", type=Path, default=SEEDS, help="where finds are written")
    asked = parser.parse_args()
    try:
        targets = require_known(asked.target, TARGETS)
    except Found as error:
        print(error, file=sys.stderr)
        return 2
    failed = fuzz(targets, asked.seconds, asked.seed, asked.folder)
    print(f"{failed} found" if failed else "nothing found")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
