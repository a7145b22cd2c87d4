"""Reads a strace: no MLLP acknowledgement may leave before the fdatasync of what it acknowledges.

Needed lines: pwrite64, fdatasync and whatever sends, with ``-f -y`` and strings that hold a WAL page. A
message is known by its specimen in the page of its event, and by its control id in the ACK. Where
another thread came between, strace splits a call into ``<unfinished ...>`` and ``resumed``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

WAL = "spool.db-wal"
_CALL = re.compile(
    r"^(?:\[pid +)?(\d+)\]? +(?:<\.\.\. )?(pwrite64|fdatasync|fsync|sendto|sendmsg|writev|write)\b(.*)$"
)
_SPECIMEN = re.compile(r'\\"specimen\\":\\"([A-Za-z0-9-]+)\\"')
_ACKNOWLEDGED = re.compile(r"MSA\|AA\|([A-Za-z0-9-]+)")


@dataclass
class Audit:
    """``too_early``: control ids whose ACK began to leave before their specimen was durable."""

    acknowledged: int = 0
    too_early: list[str] = field(default_factory=list)
    syncs: int = 0
    _written: set[str] = field(default_factory=set)
    _syncing: dict[str, set[str]] = field(default_factory=dict)
    _durable: set[str] = field(default_factory=set)

    def read(self, lines: Iterable[str]) -> "Audit":
        for line in lines:
            if found := _CALL.match(line):
                self._take(found[1], found[2], found[3])
        return self

    def _take(self, thread: str, call: str, rest: str) -> None:
        if call == "pwrite64":
            if WAL in rest:
                self._written |= set(_SPECIMEN.findall(rest))
        elif call in ("fdatasync", "fsync"):
            self._sync(thread, rest)
        else:
            self._sent(rest)

    def _sync(self, thread: str, rest: str) -> None:
        """A sync makes durable what was written before it began, from the moment it has ended well."""
        if WAL in rest:
            self._syncing[thread] = set(self._written)
        if thread in self._syncing and rest.rstrip().endswith("= 0"):
            self._durable |= self._syncing.pop(thread)
            self.syncs += 1

    def _sent(self, rest: str) -> None:
        for control in _ACKNOWLEDGED.findall(rest):
            self.acknowledged += 1
            if "S" + control.removeprefix("C") not in self._durable:
                self.too_early.append(control)
