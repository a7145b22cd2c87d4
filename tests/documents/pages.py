"""The pages that people read, and what stands in them."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from tools.tree import ROOT

_FENCE = re.compile(r"^ *```([^\n]*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Page:
    """One Markdown file; ``name`` is its path in the tree."""

    name: str
    text: str

    @property
    def path(self) -> Path:
        return ROOT / self.name

    @property
    def prose(self) -> str:
        """Without code blocks."""
        return _FENCE.sub("", self.text)

    def blocks(self, language: str) -> list[str]:
        """Contents of the code blocks that are marked so."""
        return [body for marked, body in _FENCE.findall(self.text) if marked.strip() == language]

    def links(self) -> list[str]:
        return re.findall(r"\]\(([^)\s]+)\)", self.prose)

    def anchors(self) -> set[str]:
        """Of its headings, as the usual renderers make them."""
        return {_anchor(line) for line in re.findall(r"^#+ (.+)$", self.prose, re.MULTILINE)}

    def section(self, heading: str) -> str:
        """From a heading of second level to the next one."""
        _, found, rest = self.text.partition(f"\n## {heading}\n")
        assert found, f"{self.name}: no section {heading}"
        return rest.partition("\n## ")[0]


def _anchor(heading: str) -> str:
    kept = (c for c in heading.lower() if c in " -_" or unicodedata.category(c)[0] in "LN")
    return "".join(kept).replace(" ", "-")


def read(name: str) -> Page:
    return Page(name, (ROOT / name).read_text("utf-8"))


def pages() -> list[Page]:
    """README, CHANGELOG and everything below docs."""
    found = sorted((ROOT / "docs").rglob("*.md"))
    return [read(name) for name in ("README.md", "CHANGELOG.md")] + [
        read(path.relative_to(ROOT).as_posix()) for path in found
    ]
