"""Long work says what it does, how far it is, and how long it took."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[str], None]


def say(line: str) -> None:
    """One line for people, on stderr: stdout belongs to what a command was asked for."""
    print(line, file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[Report]:
    """Show ``title``, then how far it is (on a terminal), then the seconds it took."""
    started = time.monotonic()
    live = sys.stderr.isatty()
    if not live:
        say(f"{title} …")

    def report(detail: str) -> None:
        if live:
            print(f"\r\x1b[K{title} … {detail[:60]}", end="", file=sys.stderr, flush=True)

    report("")
    try:
        yield report
    except BaseException:
        if live:
            say("")
        raise
    clear = "\r\x1b[K" if live else ""
    say(f"{clear}{title}: done in {time.monotonic() - started:.1f} s")
