"""Folders of bytes: what a line carried, and what must come of it.

``expected.json``: the profile (``profile.toml`` of the folder where it is "own"), each fact as its payload
without what is empty, each problem and each part that is no message as ``reason @ place``, and the answers
as A and N, in the order of the stream.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.lab_analyzers.astm.results import AstmReader
from adapters.lab_analyzers.profiles import load_profile
from hub.contract import Frame
from hub.pseudonyms import KeyedPseudonyms
from tests.lab_analyzers.astm.lines import Line
from tests.lab_analyzers.readable import readable

CASES = Path(__file__).parents[2] / "cases" / "astm_tcp"
RECEIVED_MS = int(datetime(2026, 9, 1, tzinfo=UTC).timestamp() * 1000)
KEY = KeyedPseudonyms(b"case" * 8, weak=False)


def outcome(folder: Path, profile: str, chunk_bytes: int = 0) -> dict[str, Any]:
    """What comes of the folder's bytes, cut into chunks."""
    name = str(folder / "profile.toml") if profile == "own" else profile
    reader = AstmReader(load_profile(name), KEY, "bv", ZoneInfo("Asia/Ho_Chi_Minh"))
    stream = (folder / "input.bin").read_bytes()
    size = chunk_bytes or len(stream)
    line = Line()
    for at in range(0, len(stream), size):
        line.hear(stream[at : at + size])
    line.close()
    result: dict[str, Any] = {"facts": [], "problems": []}
    for message in line.messages:
        meaning = reader.interpret(Frame(message), RECEIVED_MS)
        result["facts"] += map(readable, meaning.facts)
        result["problems"] += [f"{problem.reason} @ {problem.place}" for problem in meaning.problems]
    result["problems"] += [f"{reason} @ byte {len(text)}" for text, reason in line.ended]
    return result | {"answers": line.said.replace(b"\x06", b"A").replace(b"\x15", b"N").decode()}


@pytest.mark.parametrize("folder", sorted(CASES.iterdir()), ids=lambda folder: folder.name)
@pytest.mark.parametrize("chunk_bytes", [0, 1, 7])
def test_case(folder: Path, chunk_bytes: int) -> None:
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    assert {"profile": expected["profile"]} | outcome(folder, expected["profile"], chunk_bytes) == expected
