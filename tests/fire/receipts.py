"""Reads a strace of a hub: no receipt may leave before the commit of every row that it speaks of.

Needed: everything that reads, writes and syncs, with ``-f -y`` and strings that are never cut short. A
row is known by the epoch and number at the end of its body, in what is written to the WAL of SQLite or
to a socket on which COMMIT follows. It is durable when the fdatasync of that WAL has ended well, or
when the server has answered the COMMIT; the server's own part is its setting synchronous_commit.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

CALLS = "pwrite64,fdatasync,fsync,read,recvfrom,recvmsg,readv,write,writev,sendto,sendmsg"
STRACE = ("-f", "-y", "-qq", "-s", "10000000", "-e", f"trace={CALLS}")
WAL = "store.db-wal"
_CALL = re.compile(r"(\d+) +(<\.\.\. )?(\w+)(?:\((.*)| resumed>(.*))$", re.DOTALL)
_OPEN_FILE = re.compile(r"\d+<([^>]*)>")
_ROW = re.compile(r'\\"epoch\\":\\"([0-9a-f]{16})\\",\\"seq\\":(\d+)\}')
_RECEIPT = re.compile(r'receipt/edge-1.*?\\"epoch\\":\\"([0-9a-f]{16})\\",\\"seq\\":(\d+),')
_ASKED, _ROLLED_BACK, _ANSWERED = r"COMMIT\0", r"ROLLBACK\0", r"COMMIT\0Z"


class Row(NamedTuple):
    epoch: str
    seq: int


@dataclass
class ReceiptAudit:
    """``too_early``: receipts that began to leave before a row of theirs was durable."""

    highest: dict[str, int] = field(default_factory=dict)
    too_early: list[Row] = field(default_factory=list)
    commits: int = 0
    _written: dict[str, set[Row]] = field(default_factory=dict)
    _ending: dict[str, set[Row]] = field(default_factory=dict)
    _durable: set[Row] = field(default_factory=set)
    _at: dict[str, str] = field(default_factory=dict)

    def read(self, lines: Iterable[str]) -> "ReceiptAudit":
        for line in lines:
            if found := _CALL.match(line):
                thread, resumed, call, begun, ended = found.groups()
                if not resumed:
                    self._begin(thread, call, begun)
                self._end(thread, call, ended or begun)
        return self

    def _begin(self, thread: str, call: str, text: str) -> None:
        found = _OPEN_FILE.match(text)
        where = self._at[thread] = found[1] if found else ""
        if call in ("fdatasync", "fsync"):
            self._ending[where] = set(self._written.get(where, ()))
        elif call == "pwrite64" or not call.startswith(("read", "recv")):
            self._send(where, text)

    def _send(self, where: str, text: str) -> None:
        told = [Row(epoch, int(seq)) for epoch, seq in _RECEIPT.findall(text)]
        for receipt in told:
            self._tell(receipt)
        if not told:
            written = self._written.setdefault(where, set())
            written |= {Row(epoch, int(seq)) for epoch, seq in _ROW.findall(text)}
            if _ASKED in text:
                self._ending[where] = self._written.pop(where)
            elif _ROLLED_BACK in text:
                written.clear()

    def _end(self, thread: str, call: str, text: str) -> None:
        where = self._at.get(thread, "")
        synced = where.endswith(WAL) and call in ("fdatasync", "fsync") and text.rstrip().endswith("= 0")
        answered = call.startswith(("read", "recv")) and _ANSWERED in text
        if (synced or answered) and where in self._ending:
            self._durable |= self._ending.pop(where)
            self.commits += 1

    def _tell(self, receipt: Row) -> None:
        before = self.highest.get(receipt.epoch, 0)
        if any(Row(receipt.epoch, seq) not in self._durable for seq in range(before + 1, receipt.seq + 1)):
            self.too_early.append(receipt)
        self.highest[receipt.epoch] = max(before, receipt.seq)
