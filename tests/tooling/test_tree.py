"""Habits that hold for every file of the tree."""

import re
import subprocess
import tomllib
import unicodedata
from pathlib import Path

import pytest

from tools.tree import ROOT

MOST_LINES = 400
# Bytes as devices send them, and what tools write, have their own form.
NOT_OURS = ("tests/cases/", "requirements/")
GENERATED = {
    "docs/export_tables.md",  # one section for each table
    "docs/configuration.md", "epihub.example.toml",  # one section for each kind of device
    "hub/places/data/units.csv",  # ./dev places
    "docs/grafana/epihub-promql.json", "docs/grafana/epihub-influxql.json",
}  # fmt: skip
BINARY = {".bin", ".png", ".jpg", ".ico", ".woff2", ".ttf", ".hl7", ".astm", ".gz", ".zip", ".db"}
# The brackets keep the patterns from finding themselves.
FORBIDDEN = {
    "a package registry's host": r"[p]ypi\.org|[p]ythonhosted\.org|[r]egistry\.npmjs|[d]eb\.debian\.org",
    "a path of one machine": r"(?<![\w.])/([w]ork|[r]oot|[t]mp|[h]ome/\w+)/",
    "unfinished work": r"\b([T]ODO|[F]IXME|[X]XX)\b",
}


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in done.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def texts() -> list[tuple[str, str]]:
    ours = [path for path in tracked() if path.suffix not in BINARY]
    named = [(path.relative_to(ROOT).as_posix(), path) for path in ours]
    return [(name, path.read_bytes().decode()) for name, path in named if not name.startswith(NOT_OURS)]


def test_text_is_normalised_utf_8() -> None:
    odd = [name for name, text in texts() if unicodedata.normalize("NFC", text) != text or "\r" in text]
    assert odd == []


def test_files_stay_short() -> None:
    long = {name for name, text in texts() if text.count("\n") > MOST_LINES}
    assert long - GENERATED == set()


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_names(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [path for path in tracked() if path.suffix == ".py" and path.stem in drawers] == []


def test_the_changelog_tells_of_the_current_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "adr"
    index = (folder / "README.md").read_text(encoding="utf-8")
    decisions = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert decisions
    assert [name for name in decisions if f"({name})" not in index] == []
