"""A disk that loses its power, played back from a strace: what was not synced is gone, kept or torn.

Every write and sync of the traced process is replayed in order. At any moment ``leave`` writes the
files as a power loss could leave them then: synced bytes for sure, and of each later write nothing,
all, or its first sectors, whatever the dice say. File names are taken as durable at once: epihub makes
its files at the first start, SQLite syncs the folder then.
"""

import re
from codecs import escape_decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import NamedTuple

SECTOR_BYTES = 512
SENDING = ("sendto", "sendmsg", "write", "writev")  # what the two event loops use
CALLS = ",".join(("pwrite64", "fdatasync", "fsync", "ftruncate", "unlink", *SENDING))
STRACE = ("-f", "-y", "-qq", "-s", "10000", "-e", f"trace={CALLS}")
_LINE = re.compile(r"(\d+) +(<\.\.\. )?(\w+)(?:\((.*)| resumed>(.*))$", re.DOTALL)
_WRITE = re.compile(r'\d+<([^>]*)>, "((?:[^"\\]|\\.)*)", (\d+), (\d+)')
_SOCKET = re.compile(r"\d+<(?:socket|TCP|UNIX)")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_PATH = re.compile(r'(?:\d+<([^>]*)>|"([^"]*)")(?:, (\d+))?')


class Write(NamedTuple):
    """Bytes on their way to a place in a file."""

    offset: int
    data: bytes


@dataclass
class _File:
    """``pending``: writes that no sync has covered yet, oldest first."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[Write] = field(default_factory=list)


@dataclass
class Disk:
    """``play`` yields what the process sent to anybody, at the moment it began to leave.

    ``honest``: whether a sync makes anything durable; a dishonest disk is the control of the tests.
    """

    honest: bool = True
    files: dict[str, _File] = field(default_factory=dict)
    syncs: int = 0
    truncations: int = 0
    _syncing: dict[str, tuple[str, int]] = field(default_factory=dict)

    def play(self, lines: Iterable[str]) -> Iterator[bytes]:
        for line in lines:
            if found := _LINE.match(line):
                thread, resumed, call, begun, ended = found.groups()
                if call in SENDING and not resumed and _SOCKET.match(begun):
                    yield b"".join(_unescaped(part) for part in _STRING.findall(begun))
                elif call in ("fdatasync", "fsync"):
                    self._sync(thread, begun or "", ended or begun or "")
                elif not resumed:
                    self._change(call, begun)

    def leave(self, folder: Path, random: Random) -> None:
        """Write the files into ``folder`` as they could be after a power loss now."""
        for name, file in self.files.items():
            content = bytearray(file.durable)
            for write in file.pending:
                kept = random.choice(
                    (0, len(write.data), random.randrange(0, len(write.data) + 1, SECTOR_BYTES))
                )
                _apply(content, Write(write.offset, write.data[:kept]))
            (folder / name).write_bytes(content)

    def _sync(self, thread: str, begun: str, ended: str) -> None:
        if found := _PATH.match(begun):
            name = _name(found[1])
            self._syncing[thread] = (name, len(self._file(name).pending))
        if ended.rstrip().endswith("= 0") and thread in self._syncing:
            name, covered = self._syncing.pop(thread)
            self.syncs += 1
            if self.honest:
                self._settle(self._file(name), covered)

    def _settle(self, file: _File, covered: int) -> None:
        for write in file.pending[:covered]:
            _apply(file.durable, write)
        del file.pending[:covered]

    def _change(self, call: str, begun: str) -> None:
        if call == "pwrite64" and (found := _WRITE.match(begun)):
            data = _unescaped(found[2])
            assert len(data) == int(found[3]), "strace cut a write short"
            self._file(_name(found[1])).pending.append(Write(int(found[4]), data))
        elif call in ("ftruncate", "unlink") and (found := _PATH.match(begun)):
            file = self._file(_name(found[1] or found[2]))
            size = int(found[3] or 0)
            self.truncations += 1
            del file.durable[size:]
            file.pending = [write for write in file.pending if write.offset < size]

    def _file(self, name: str) -> _File:
        return self.files.setdefault(name, _File())


def _apply(content: bytearray, write: Write) -> None:
    end = write.offset + len(write.data)
    if write.data and len(content) < end:
        content.extend(bytes(end - len(content)))
    content[write.offset : end] = write.data


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _unescaped(text: str) -> bytes:
    data: bytes = escape_decode(text.encode("latin-1"))[0]
    return data
