"""Which line of a TOML document says what: key path -> line number.

tomllib gives values without places. This scanner walks a document that tomllib has accepted and
notes the line of every key, table and array element; on anything else it ends, with nonsense.
"""

import re
import tomllib
from bisect import bisect_left
from dataclasses import dataclass

Path = tuple[str | int, ...]

# Possessive quantifiers: a string of 4 MiB is matched in one pass and without a backtracking stack.
_STRING = re.compile(
    r'"""(?:[^"\\]++|\\.|"{1,2}+(?!"))*+"{3,5}+'
    r"|'''(?:[^']++|'{1,2}+(?!'))*+'{3,5}+"
    r'|"(?:[^"\\\n]++|\\.)*+"'
    r"|'[^'\n]*+'",
    re.DOTALL,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]++")
_BLANK = re.compile(r"(?:[ \t\r\n]++|\#[^\n]*+)*+")
_SPACE = re.compile(r"[ \t]*+")
_SCALAR = re.compile(r"[^,\]}#\n]*+")


def locate(text: str) -> dict[Path, int]:
    """The line (from 1) of every path of ``text``: ``("device", 0, "port")`` -> 12.

    Tables made on the way (``a`` in ``[a.b]``) have the line that first made them; elements of
    arrays and of arrays of tables carry their index.
    """
    return _Scanner(text).scan()


@dataclass
class _Open:
    """An array or inline table whose end has not come yet."""

    path: Path
    array: bool
    index: int = 0


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path, int] = {}
        self.tables: dict[Path, int] = {}  # arrays of tables: how many elements so far
        self.open: list[_Open] = []  # a stack of our own: how deep the file nests is not ours to say
        self.breaks = [match.start() for match in re.finditer("\n", text)]

    def scan(self) -> dict[Path, int]:
        prefix: Path = ()
        while self._skip(_BLANK) < len(self.text):
            if self._take("[["):
                prefix = self._element(self._key())
                self._take("]]")
            elif self._take("["):
                prefix = self._table(self._key())
                self._take("]")
            else:
                self._pair(prefix)
                self._finish()
        return self.found

    def _skip(self, pattern: re.Pattern[str]) -> int:
        """Move behind what matches here, if anything does."""
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def _take(self, token: str) -> bool:
        taken = self.text.startswith(token, self.at)
        self.at += len(token) if taken else 0
        return taken

    def _key(self) -> list[str]:
        """A dotted key; spaces may stand around the dots."""
        parts: list[str] = []
        while True:
            self._skip(_SPACE)
            start = self.at
            if self._skip(_BARE_KEY) > start:
                parts.append(self.text[start : self.at])
            elif self._skip(_STRING) > start:
                parts.append(tomllib.loads("key = " + self.text[start : self.at])["key"])
            else:
                self.at += 1  # not TOML: go on, so that the scan ends
            self._skip(_SPACE)
            if not self._take("."):
                return parts

    def _note(self, path: Path) -> None:
        self.found.setdefault(path, bisect_left(self.breaks, self.at) + 1)

    def _table(self, key: list[str]) -> Path:
        """Where ``[key]`` leads: into the last element of each array of tables on its way."""
        path: Path = ()
        for part in key:
            path = (*path, part)
            self._note(path)
            if path in self.tables:
                path = (*path, self.tables[path] - 1)
        return path

    def _element(self, key: list[str]) -> Path:
        path: Path = (*self._table(key[:-1]), *key[-1:])
        self._note(path)
        index = self.tables.get(path, 0)
        self.tables[path] = index + 1
        self._note((*path, index))
        return (*path, index)

    def _pair(self, prefix: Path) -> None:
        """A key and its ``=``; the value is begun."""
        path = prefix
        for part in self._key():
            path = (*path, part)
            self._note(path)
        self._take("=")
        self._skip(_SPACE)
        self._begin(path)

    def _begin(self, path: Path) -> None:
        """Behind a scalar, or into an array or inline table."""
        if self._take("["):
            self.open.append(_Open(path, array=True))
        elif self._take("{"):
            self.open.append(_Open(path, array=False))
        else:
            start = self.at
            if self._skip(_STRING) == start:
                self._skip(_SCALAR)

    def _finish(self) -> None:
        """Go on until every array and inline table that the value opened is closed."""
        while self.open and self._skip(_BLANK) < len(self.text):
            inner = self.open[-1]
            if self._take("]") or self._take("}"):
                self.open.pop()
            elif self._take(","):
                inner.index += 1
            elif inner.array:
                path: Path = (*inner.path, inner.index)
                self._note(path)
                self._begin(path)
            else:
                self._pair(inner.path)
