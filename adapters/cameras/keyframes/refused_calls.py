"""System calls that a process which reads bytes of cameras never makes, refused by the kernel (seccomp, BPF).

What limits cannot say: where epihub does not run as root, such a process has the edge's own user, and could
signal, trace or starve the edge. On other machines than the two of the table, limits are all there is.
"""

import ctypes
import platform
import struct
from typing import Final

_PR_SET_SECCOMP: Final = 22  # <linux/prctl.h>
_FILTER: Final = 2  # SECCOMP_MODE_FILTER
_LOAD, _IS, _AT_LEAST, _END = 0x20, 0x15, 0x35, 0x06  # <linux/bpf_common.h>: words; equal; greater or equal
_ALLOWED: Final = 0x7FFF0000
_REFUSED: Final = 0x00050001  # SECCOMP_RET_ERRNO with EPERM
_NUMBER, _MACHINE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
_X32: Final = 0x40000000  # the other calls of x86_64 begin here
_STEP: Final = struct.Struct("HBBI")  # struct sock_filter

_MACHINES: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH of <linux/audit.h>
_REFUSED_CALLS: Final = {  # <asm/unistd.h> of each
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "execve": (59, 221),
    "execveat": (322, 281),
    "clone3": (435, 435),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "pidfd_send_signal": (424, 424),
    "io_uring_setup": (425, 425),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
}
_LIMITS: Final = (302, 261)  # prlimit64, which sets limits of others, too


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def refuse_calls(kernel: ctypes.CDLL) -> bool:
    """For good; whether the kernel took it. New privileges must have been given up before."""
    machine = platform.machine()
    if machine not in _MACHINES:
        return False
    steps = program(machine)
    told = _Program(len(steps) // _STEP.size, steps)
    return int(kernel.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(told))) == 0


def program(machine: str) -> bytes:
    """Refused: calls of another machine's table, those above, and limits of others than ourselves."""
    column = list(_MACHINES).index(machine)
    refused = [_STEP.pack(_IS, 0, 1, numbers[column]) + _end(_REFUSED) for numbers in _REFUSED_CALLS.values()]
    return b"".join(
        (
            *(_load(_MACHINE), _STEP.pack(_IS, 1, 0, _MACHINES[machine]), _end(_REFUSED)),
            *(_load(_NUMBER), _STEP.pack(_AT_LEAST, 0, 1, _X32), _end(_REFUSED)),
            *refused,
            *(_STEP.pack(_IS, 1, 0, _LIMITS[column]), _end(_ALLOWED)),
            *(_load(_FIRST_ARGUMENT), _STEP.pack(_IS, 1, 0, 0), _end(_REFUSED), _end(_ALLOWED)),
        )
    )


def _load(offset: int) -> bytes:
    return _STEP.pack(_LOAD, 0, 0, offset)


def _end(how: int) -> bytes:
    return _STEP.pack(_END, 0, 0, how)
