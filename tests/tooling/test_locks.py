"""The locks: complete, hashed, of one mind, and silent about where packages come from."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tools.tree import LOCKS, ROOT

LOCK_NAMES = ("run", "build", "test", "lock")
ENTRY = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^ ;\\]+)")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def text_of(name: str) -> str:
    return (LOCKS / f"{name}.txt").read_text(encoding="utf-8")


def pins(name: str) -> dict[str, str]:
    found = (ENTRY.match(line) for line in text_of(name).splitlines())
    return {match["name"]: match["version"] for match in found if match}


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=;\[ ]", text)[0].lower().replace("_", "-") for text in requirements}


@pytest.mark.parametrize("name", LOCK_NAMES)
def test_every_package_is_pinned_with_hashes(name: str) -> None:
    package = ""
    hashes = 1
    for line in text_of(name).splitlines():
        if HASH.match(line):
            hashes += 1
        elif not line.startswith("#"):
            assert ENTRY.match(line), line
            assert hashes, f"{package} has no hash"
            package, hashes = line, 0
    assert hashes, f"{package} has no hash"
    assert package


@pytest.mark.parametrize("name", LOCK_NAMES)
def test_no_lock_names_an_index_or_a_place(name: str) -> None:
    assert not re.search(r"://|--(extra-)?index|--find-links|--trusted-host| @ ", text_of(name))


def test_every_dependency_is_locked() -> None:
    declared = project()
    groups: dict[str, list[str]] = declared["dependency-groups"]
    needed = names(declared["project"]["dependencies"])
    assert needed <= pins("run").keys()
    assert names(groups["build"]) | names(declared["build-system"]["requires"]) <= pins("build").keys()
    assert needed | names(groups["build"]) | names(groups["test"]) <= pins("test").keys()
    assert names(groups["lock"]) <= pins("lock").keys()


def test_tests_run_with_the_versions_that_are_shipped() -> None:
    tested = pins("test")
    assert {name: tested.get(name) for name in pins("run")} == pins("run")


def test_locks_are_where_setup_looks() -> None:
    assert {path.stem for path in Path(LOCKS).glob("*.txt")} == set(LOCK_NAMES)
