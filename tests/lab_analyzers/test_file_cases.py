"""Folders of files: what a machine's software wrote, and what must come of it.

``expected.json``: the profile, facts without what is empty, problems as ``reason @ place``.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.lab_analyzers.profile_desk import ProfileDesk
from hub.pseudonyms import KeyedPseudonyms
from tests.lab_analyzers.readable import readable

CASES = Path(__file__).parents[1] / "cases" / "file_drop"
RECEIVED_MS = int(datetime(2026, 8, 1, tzinfo=UTC).timestamp() * 1000)
KEY = KeyedPseudonyms(b"case" * 8, weak=False)
NAMES = ("Trần", "Nguyễn", "Hoa", "075123456789")


@pytest.mark.parametrize("folder", sorted(CASES.iterdir()), ids=lambda folder: folder.name)
def test_case(folder: Path) -> None:
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    raw = (folder / "input.bin").read_bytes()
    meanings = ProfileDesk().read(expected["profile"], raw, "", KEY, RECEIVED_MS)
    facts = [readable(fact) for meaning in meanings for fact in meaning.facts]
    problems = [f"{problem.reason} @ {problem.place}" for each in meanings for problem in each.problems]
    assert {"profile": expected["profile"], "facts": facts, "problems": problems} == expected
    assert not any(name in repr(facts) for name in NAMES)
