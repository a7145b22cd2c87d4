"""What Linux tells of processes and of this machine's speed while a bench runs."""

import json
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
KIBIBYTE = 1024
BASELINE_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Memory:
    """``pss`` shares out pages that several processes map; ``rss`` counts them in each."""

    rss: int
    pss: int


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time that the processes have used since their start; 10 ms is the finest step."""
    return sum(_ticks(pid) for pid in pids) / TICKS_A_SECOND


def _ticks(pid: int) -> int:
    # The second field is the program's name in parentheses and may hold anything (proc(5)).
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def memory(pid: int) -> Memory:
    """Bytes, from smaps_rollup."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    kibibytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    return Memory(kibibytes["Rss"] * KIBIBYTE, kibibytes["Pss"] * KIBIBYTE)


def family(pid: int) -> list[int]:
    """The process and all that descend from it."""
    found = [pid]
    for each in found:
        for task in Path(f"/proc/{each}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def command_of(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    return " ".join(word.decode(errors="replace") for word in words)


def syncs_a_second(folder: Path) -> float:
    """fdatasync after 4 KiB appended to a file in ``folder``: what one commit at a time could reach."""
    path = folder / "sync-baseline"
    page, count = bytes(4096), 0
    with path.open("wb", buffering=0) as file:
        began = time.perf_counter()
        while time.perf_counter() - began < BASELINE_SECONDS:
            file.write(page)
            os.fdatasync(file.fileno())
            count += 1
    path.unlink()
    return count / BASELINE_SECONDS


def speed(folder: Path) -> dict[str, float]:
    """What it is worth just now; ``folder`` is on the disk that counts."""
    return {"syncs_a_second": syncs_a_second(folder), "loads_a_second": loads_a_second()}


def loads_a_second() -> float:
    """json.loads of a small event: the speed of one core for plain Python work just now."""
    text = json.dumps({"id": "x" * 36, "data": {"targets": [{"code": "94642-2", "ct": 23.5}] * 3}})
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < BASELINE_SECONDS:
        for _ in range(100):
            json.loads(text)
        count += 100
    return count / BASELINE_SECONDS
