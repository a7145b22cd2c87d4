"""The grammar of Berlinger's exports: a tree by one space a level, and tables whose rows begin with a tab."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from adapters.cold_chain.exports.texts import text_of
from adapters.cold_chain.undecodable import Undecodable

DEEPEST_LEVELS = 8
_PARTS = re.compile(r", (?=[A-Za-z][A-Za-z 0-9]{0,30}:)")


@dataclass
class Branch:
    """One line (``T AL: -0.5, t AL: 60`` has two ``fields``) and what is below it; ``rows`` of a table."""

    name: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    children: list["Branch"] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def child(self, *path: str) -> "Branch":
        """The first below of each name; an empty one where there is none."""
        branch = self
        for name in path:
            branch = next((each for each in branch.children if each.name == name), Branch())
        return branch

    def value(self, name: str) -> str:
        """Of a line ``name: value`` among the children, or of a field beside the first; "" for none."""
        for each in self.children:
            if name in each.fields:
                return each.fields[name]
        return ""


def grow(raw: bytes) -> Branch:
    """The tree of an export; raises Undecodable with the number of the line."""
    trunk = Branch()
    path = [trunk]
    for number, line in _lines(raw):
        if line.startswith("\t"):
            path[min(1, len(path) - 1)].rows.append(line[1:].split("\t"))
            continue
        depth = len(line) - len(line.lstrip(" "))
        if depth >= len(path) or depth >= DEEPEST_LEVELS:
            raise Undecodable("cold.export_broken", f"line {number}")
        branch = _branch(line.strip(), number)
        path[depth].children.append(branch)
        path[depth + 1 :] = [branch]
    return trunk


def _lines(raw: bytes) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text_of(raw).split("\n"), 1):
        bare = line.rstrip("\r")
        if bare.strip():
            yield number, bare


def _branch(line: str, number: int) -> Branch:
    fields: dict[str, str] = {}
    for part in _PARTS.split(line):
        name, colon, value = part.partition(":")
        if not colon:
            raise Undecodable("cold.export_broken", f"line {number}")
        fields.setdefault(name, value.strip())
    return Branch(next(iter(fields)), fields)
