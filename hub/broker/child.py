"""Becomes the NATS server: a script of its own, run by path before anything of ours is imported.

    python -I -S child.py PARENT_PID BINARY ARGUMENTS…

The kernel kills the server when its parent dies, so a ``kill -9`` of epihub leaves nobody on the port.
Done here and not in ``preexec_fn``: Python code between fork and exec of a process with threads can hang.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>; kept across exec


def _main() -> None:
    parent, binary, *arguments = sys.argv[1:]
    # SIGKILL, not SIGTERM: the next epihub may already wait for the port, and the store survives it.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):  # it died before the line above
        sys.exit(1)
    os.execv(binary, [binary, *arguments])


if __name__ == "__main__":
    _main()
