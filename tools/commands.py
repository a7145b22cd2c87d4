"""What ``./dev COMMAND`` does; the docstring of each command is its line in ``./dev help``."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from tools import bundle as bundling
from tools import checks, debian, environment, locking, npm
from tools import places as placing
from tools.progress import say
from tools.tree import PYTHON, ROOT, DevError, program


def setup(arguments: list[str]) -> int:
    """Make .venv from the hashed lock (`setup test`: with what the tests need)."""
    if arguments not in ([], ["run"], ["test"]):
        raise DevError("usage: ./dev setup [run|test]")
    purpose: environment.Purpose = "test" if arguments == ["test"] else "run"
    started = time.monotonic()
    environment.ensure(purpose)
    say(f"ready after {time.monotonic() - started:.1f} s; next: ./dev up")
    return 0


def up(arguments: list[str]) -> int:
    """Set up if needed, then run `epihub demo ARGS`."""
    environment.ensure("run")
    become(program("epihub"), "demo", *arguments)


def test(arguments: list[str]) -> int:
    """Run everything: static checks, then all tests (ARGS go to pytest, which then runs alone)."""
    environment.ensure("test")
    os.environ.update(debian.ensure())
    npm.ensure(required=os.environ.get("CI") == "true")
    environment.files_in_memory()
    failed = [] if arguments else checks.run_all(checks.STATIC)
    how = arguments or checks.IN_PARALLEL
    status = os.spawnv(os.P_WAIT, program("pytest"), ["pytest", "--durations=10", *how])
    if failed:
        say(f"failed before the tests: {', '.join(failed)}")
    return 1 if failed else status


def check(arguments: list[str]) -> int:
    """Format, lint, types, imports, dependencies, licences and the fast tests: before every commit."""
    if arguments:
        raise DevError("usage: ./dev check")
    environment.ensure("test")
    environment.files_in_memory()
    started = time.monotonic()
    failed = checks.run_all((*checks.fast_tests(), *checks.STATIC))
    verdict = f"failed: {', '.join(failed)}" if failed else "all passed"
    say(f"{verdict} after {time.monotonic() - started:.1f} s")
    return 1 if failed else 0


def lock(arguments: list[str]) -> int:
    """Write the hashed locks anew from pyproject.toml (`--upgrade`: with the newest versions)."""
    if arguments not in ([], ["--upgrade"]):
        raise DevError("usage: ./dev lock [--upgrade]")
    locking.write_locks(upgrade=bool(arguments))
    return 0


def bundle(arguments: list[str]) -> int:
    """Make one file in dist/, or in DIR, that installs epihub on a machine without internet."""
    if len(arguments) > 1 or arguments[:1] == ["--help"]:
        raise DevError("usage: ./dev bundle [DIR]")
    environment.ensure("run")
    print(bundling.build(Path(arguments[0]) if arguments else ROOT / "dist"))
    return 0


def bench(arguments: list[str]) -> int:
    """Run the benchmark NAME of tests/bench (without a name: list them)."""
    run_named("bench", arguments)


def soak(arguments: list[str]) -> int:
    """Run the soak test NAME of tests/soak (without a name: list them)."""
    run_named("soak", arguments)


def fuzz(arguments: list[str]) -> int:
    """Run the fuzzer NAME of tests/fuzz (without a name: list them)."""
    run_named("fuzz", arguments)


def places(arguments: list[str]) -> int:
    """Write the register of places and its map anew (downloads two packages by hash)."""
    if arguments:
        raise DevError("usage: ./dev places")
    environment.ensure("run")
    placing.write_places()
    return 0


def run_named(folder: str, arguments: list[str]) -> NoReturn:
    """Become ``python -m tests.<folder>.<name>``; without such a module list the names there are."""
    known = runners(folder)
    name = arguments[0].replace("-", "_") if arguments else ""
    if name not in known:
        raise DevError(
            f"usage: ./dev {folder} NAME, where NAME is one of: {', '.join(known) or '(none yet)'}"
        )
    environment.ensure("test")
    become(str(PYTHON), "-m", f"tests.{folder}.{name}", *arguments[1:])


def runners(folder: str) -> list[str]:
    """The modules, and packages with a ``__main__``, in tests/<folder> that can be run by name."""
    directory = ROOT / "tests" / folder
    modules = [path.stem for path in directory.glob("[a-z]*.py") if path.stem != "conftest"]
    return sorted(modules + [path.parent.name for path in directory.glob("[a-z]*/__main__.py")])


def become(*command: str) -> NoReturn:
    """Replace this process, so that signals and the exit status are the command's own."""
    os.chdir(ROOT)
    os.execv(command[0], list(command))


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    command.__name__: command for command in (setup, up, test, check, lock, bundle, bench, soak, fuzz, places)
}


def main(arguments: list[str]) -> int:
    """Run one command; 0 when it passed, 1 when something failed, 2 when it could not be run."""
    name = arguments[0] if arguments else "help"
    if name not in COMMANDS:
        lines = [f"  ./dev {known:<7} {command.__doc__}" for known, command in COMMANDS.items()]
        print(
            "Commands:", *lines, sep="\n", file=sys.stdout if name in {"help", "--help", "-h"} else sys.stderr
        )
        return 0 if name in {"help", "--help", "-h"} else 2
    environment.keep_bytecode()
    try:
        return COMMANDS[name](arguments[1:])
    except DevError as error:
        say(str(error))
        return 2
    except KeyboardInterrupt:
        return 130
