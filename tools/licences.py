"""Refuses a run-time dependency whose licence would bind what is built with epihub.

Reads what the installed packages say of themselves; runs inside the environment, from ``./dev check``.
"""

import re
import sys
from collections.abc import Iterator
from email.message import Message
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import cast

from tools.tree import LOCKS

# Permissive ones, and weak copyleft (LGPL, MPL, EPL), which asks nothing of code that only uses a library.
ALLOWED = re.compile(
    r"\b(0BSD|Apache|BSD|CC0|EPL-2\.0|HPND|ISC|LGPL|Lesser General Public|MIT|MPL|Mozilla Public|PSF"
    r"|Python Software Foundation|Python-2\.0|Unlicense|Public Domain|Zlib|any-OSI)",
    re.IGNORECASE,
)
# Packages whose words mislead, with the reason they are fine.
EXEMPT = {
    "docutils": "public domain and BSD; the GPL part is an Emacs mode that its wheel leaves out",
}
PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^ ;\\]+)", re.MULTILINE)


def locked_names(lock: Path) -> list[str]:
    """The names of all packages that a lock pins."""
    return [match[1] for match in PIN.finditer(lock.read_text(encoding="utf-8"))]


def declared(package: Message) -> list[str]:
    """The alternatives a package may be used under: each entry is one licence, or several that all apply."""
    if expression := package.get("License-Expression"):
        return re.split(r"\s+OR\s+", expression.strip("()"))
    classifiers = [text for text in package.get_all("Classifier", []) if text.startswith("License ::")]
    names = [text.rsplit(" :: ", 1)[1] for text in classifiers if text.count("::") > 1]
    return [" AND ".join(names) or (package.get("License") or "says nothing").splitlines()[0]]


def acceptable(alternatives: list[str]) -> bool:
    """Whether one alternative consists only of allowed licences."""
    return any(all(ALLOWED.search(part) for part in re.split(r"\s+AND\s+", text)) for text in alternatives)


def refusals(names: list[str]) -> Iterator[str]:
    """A line for each installed package that may not be a dependency (other platforms' are not installed)."""
    for name in names:
        try:
            found = cast(Message, metadata(name))
        except PackageNotFoundError:
            continue
        if name not in EXEMPT and not acceptable(declared(found)):
            yield f"{name}: {' or '.join(declared(found))}"


def main() -> int:
    """Print the refused packages of the run-time lock; 0 when there are none."""
    names = locked_names(LOCKS / "run.txt")
    refused = list(refusals(names))
    print(*refused, sep="\n")
    print(f"{len(names)} packages looked at, {len(refused)} refused")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
