"""Folders of bytes: what a line carried, and what must come of it.

``expected.json``: the profile, each fact as its payload without what is empty, each problem and
malformed frame as ``reason @ place``, each answer as ``code control-id``, in the order of the stream.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.lab_analyzers.hl7_results import Reader
from adapters.lab_analyzers.mllp import MllpCodec
from adapters.lab_analyzers.profiles import load_profile
from hub.contract import Frame, MalformedFrame
from hub.pseudonyms import KeyedPseudonyms
from tests.lab_analyzers.line import msa
from tests.lab_analyzers.readable import readable

CASES = Path(__file__).parents[1] / "cases" / "hl7_mllp"
RECEIVED_MS = int(datetime(2026, 8, 1, tzinfo=UTC).timestamp() * 1000)
KEY = KeyedPseudonyms(b"case" * 8, weak=False)


def outcome(stream: bytes, profile: str, chunk_bytes: int = 0) -> dict[str, Any]:
    """What comes of ``stream``, cut into chunks."""
    codec = MllpCodec(lambda: RECEIVED_MS)
    reader = Reader(load_profile(profile), KEY, "bv", ZoneInfo("Asia/Ho_Chi_Minh"))
    size = chunk_bytes or len(stream)
    frames = [found for at in range(0, len(stream), size) for found in codec.feed(stream[at : at + size])]
    result: dict[str, Any] = {"facts": [], "problems": [], "answers": []}
    for frame in [*frames, *codec.close()]:
        answer = codec.reply(frame, accepted=True)
        result["answers"].append(" ".join(msa(answer)).strip() if answer else "")
        if isinstance(frame, MalformedFrame):
            result["problems"].append(f"{frame.reason} @ {frame.place}")
            continue
        interpretation = reader.interpret(Frame(frame.raw, frame.control), RECEIVED_MS)
        result["facts"] += map(readable, interpretation.facts)
        result["problems"] += [f"{problem.reason} @ {problem.place}" for problem in interpretation.problems]
    return result


@pytest.mark.parametrize("folder", sorted(CASES.iterdir()), ids=lambda folder: folder.name)
@pytest.mark.parametrize("chunk_bytes", [0, 1, 7])
def test_case(folder: Path, chunk_bytes: int) -> None:
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    stream = (folder / "input.bin").read_bytes()
    assert {"profile": expected["profile"]} | outcome(stream, expected["profile"], chunk_bytes) == expected
