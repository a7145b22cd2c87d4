"""What a worker gives up before it reads the first byte of a camera: hostile bytes then find little.

Its memory and its time are bounded, it opens no file, starts no process or thread, writes nothing but its
pipe, gets no rights back and leaves no core. Root becomes nobody: Linux lets root start what it likes.
"""

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress
from typing import Final

from adapters.cameras.keyframes.refused_calls import refuse_calls

CPU_SECONDS: Final = 4  # of one task; the parent's own deadline is told to it
_PR_SET_PDEATHSIG: Final = 1  # <linux/prctl.h>
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38
_NOBODY: Final = 65534
_NICER: Final = 5  # who waits for an answer to a message goes first


def confine(parent: int, memory_bytes: int, open_files: int = 0) -> None:
    """Call it when everything is loaded: from here on nothing can be. ``parent``: whose death ends us."""
    os.nice(_NICER)
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))
    for what in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_NPROC):
        resource.setrlimit(what, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    if os.geteuid() == 0:
        _become_nobody()
    kernel = ctypes.CDLL(None)
    kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    kernel.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    kernel.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # becoming somebody else has cleared it
    refuse_calls(kernel)
    if os.getppid() != parent:
        sys.exit(1)


def cpu_seconds() -> float:
    """Since the start of the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def allow_cpu() -> None:
    """``CPU_SECONDS`` more from now; the kernel ends who needs longer (SIGXCPU)."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_seconds()) + CPU_SECONDS + 1, hard))


def _become_nobody() -> None:
    """A container may forbid it: the other limits hold without."""
    with suppress(PermissionError):
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
