"""A command on a terminal of its own, as a person starts it: keys reach its whole foreground group."""

import errno
import os
import pty
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

POLL_SECONDS = 0.05
LONGEST_SECONDS = 120.0  # a deadline that only ends a run that fails
CTRL_C = b"\x03"
# The terminal becomes the controlling one of the new session; then the command takes this process over.
_BECOME = """
import fcntl, os, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # also where the tests themselves run under nohup
os.execv(sys.argv[1], sys.argv[1:])
"""


def until(condition: Callable[[], object], what: str, seconds: float = LONGEST_SECONDS) -> None:
    """Wait for what another process does; AssertionError naming ``what`` after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(POLL_SECONDS)


class Terminal:
    """``screen`` is all that was shown so far; ``family`` are all processes the command ever had."""

    def __init__(self, command: Sequence[str | Path]) -> None:
        self._keys, line = pty.openpty()
        self.began = time.monotonic()
        self._busy_before = busy_seconds()
        self.process = subprocess.Popen(
            [sys.executable, "-c", _BECOME, *command],
            stdin=line,
            stdout=line,
            stderr=line,
            start_new_session=True,
        )
        os.close(line)
        self._shown = bytearray()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    @property
    def screen(self) -> str:
        return bytes(self._shown).decode().replace("\r\n", "\n")

    @property
    def age_seconds(self) -> float:
        return time.monotonic() - self.began

    @property
    def unhindered_seconds(self) -> float:
        """Its age, less the time that the processors worked for others: that of a machine of its own."""
        own = sum(map(spent_seconds, self.family()))
        others = max(0.0, busy_seconds() - self._busy_before - own)
        return self.age_seconds - others / (psutil.cpu_count() or 1)

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def family(self) -> list[psutil.Process]:
        """The command and everything it has started, in whatever session."""
        main = psutil.Process(self.process.pid)
        return [main, *main.children(recursive=True)]

    def press(self, key: bytes) -> None:
        os.write(self._keys, key)

    def ended(self) -> int:
        """The exit status, once it has ended; then nothing more is shown."""
        status = self.process.wait(LONGEST_SECONDS)
        self._reading.join(LONGEST_SECONDS)
        return status

    def close(self) -> None:
        """Whatever is left is killed."""
        if self.running:
            self.process.kill()
        self.process.wait()
        self._reading.join(5)
        os.close(self._keys)

    def _read(self) -> None:
        while True:
            try:
                shown = os.read(self._keys, 65536)
            except OSError as error:
                if error.errno == errno.EIO:  # the last process on this terminal is gone
                    return
                raise
            self._shown += shown


def busy_seconds() -> float:
    """What all processors of the machine have worked, for whomever."""
    told = psutil.cpu_times()
    return float(told.user + told.nice + told.system + told.irq + told.softirq + told.steal)


def spent_seconds(process: psutil.Process) -> float:
    """What they have worked for it, and for those it had and has asked about."""
    try:
        told = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(told.user + told.system + told.children_user + told.children_system)


def lives(process: psutil.Process) -> bool:
    """Whether it runs; one that has ended and that nobody has asked about does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
