"""What hostile bytes that took a worker over could still do: each thing is tried."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

TRIED = """
import ctypes, os, resource, socket, subprocess, sys, threading
from adapters.cameras.keyframes.confinement import allow_cpu, confine
import adapters.cameras.keyframes.worker
kernel = ctypes.CDLL(None)
confine(int(sys.argv[1]), 1 << 30)
allow_cpu()
def refused(what):
    try:
        what()
    except (OSError, MemoryError, RuntimeError):
        return True
    return False
def traced(pid):
    if kernel.ptrace(16, pid, 0, 0) != 0:
        raise OSError
tried = {
    "reads a file": lambda: open("/etc/passwd"),
    "writes a file": lambda: open("taken-over", "w"),
    "lists a folder": lambda: os.listdir("/"),
    "opens a socket": lambda: socket.socket(),
    "forks": lambda: os.fork(),
    "starts a program": lambda: subprocess.run(["true"]),
    "starts a thread": lambda: threading.Thread(target=int).start(),
    "becomes root": lambda: os.setuid(0),
    "signals its parent": lambda: os.kill(int(sys.argv[1]), 0),
    "signals itself": lambda: os.kill(os.getpid(), 0),
    "becomes a program": lambda: os.execv("/bin/true", ["true"]),
    "starves its parent": lambda: resource.prlimit(int(sys.argv[1]), resource.RLIMIT_NOFILE, (1, 1)),
    "traces its parent": lambda: traced(int(sys.argv[1])),
    "takes memory": lambda: bytearray(1 << 30),
    "copies a descriptor": lambda: os.dup(0),
}
done = [name for name, what in tried.items() if not refused(what)]
os.write(1, repr(done).encode())
"""


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64"), reason="only limits there")
def test_nothing_is_left_to_take_over(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import os, sys; sys.argv = ['', str(os.getppid())]\n{TRIED}"],
        capture_output=True,
        check=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.stdout == "[]"


@pytest.mark.slow
def test_who_calculates_for_ever_is_ended_by_the_kernel() -> None:
    """Without its parent's deadline, which is told to it."""
    code = """
import os, resource
import adapters.cameras.keyframes.confinement as confinement
confinement.CPU_SECONDS = 0
confinement.allow_cpu()
while True:
    pass
"""
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -24, "SIGXCPU"


@pytest.mark.slow
def test_the_edge_loads_nothing_that_decodes() -> None:
    modules = "adapters.cameras.keyframes.workers, adapters.cameras.keyframes.fallback"
    code = f"import sys, {modules}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    assert "adapters.cameras.keyframes.worker_process" in loaded.split()
    assert not {"av", "cv2", "numpy"} & set(loaded.split())
