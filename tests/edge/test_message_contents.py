"""What a list says of a message: counts, and no more of it than an answer carries."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from hub.contract import Fact
from hub.edge.encoder import Made, Origin, encode
from hub.payloads import Code, LabResult, Reading, Target
from hub.runtime import message_contents as module
from hub.runtime.message_contents import compared, digest, fitting, wells
from hub.spool import Emitted

ORIGIN = Origin("bv", "edge-1", "pcr-1")
AT_MS = 1_790_000_000_000


def fact(specimen: str, call: Any = "NEG", **more: Any) -> Fact:
    target = Target("T", call=call)
    told = {"status": "F", "person": "p-1:2", "targets": (target,)} | more
    return Fact(LabResult(specimen, Code("T"), call, **told), f"{specimen}|T|RUN-7", AT_MS)


def emitted(made: Fact) -> Emitted:
    return encode(ORIGIN, made, Made(AT_MS))[1]


def test_patients_controls_withdrawn_and_unmapped_are_counted_apart() -> None:
    facts = [
        fact("S-1"), fact("S-2", "POS"), fact("S-3", "UNMAPPED"), fact("PC", "POS", control=True),
        fact("S-4", status="X"), Fact(Reading("t", 4.5, "Cel"), "t|1", AT_MS),
    ]  # fmt: skip
    told = digest([emitted(made) for made in facts])
    assert told["calls"] == {"NEG": 1, "POS": 1, "UNMAPPED": 1}
    assert (told["facts"], told["results"], told["controls"], told["withdrawn"]) == (6, 4, 1, 1)
    assert (told["specimens"], told["unmapped"]) == (["S-1", "S-2", "S-3"], 1)
    on_plate = wells([emitted(made) for made in facts])
    assert [(well["specimen"], well["run"]) for well in on_plate][:2] == [("S-1", "RUN-7"), ("S-2", "RUN-7")]
    assert len(on_plate) == 5


def test_what_a_replay_would_do() -> None:
    stood = [fact("S-1"), fact("S-2"), fact("S-3"), fact("S-4", status="X")]
    before = [emitted(made) for made in stood]
    now = [fact("S-1"), fact("S-2", "POS"), fact("S-5")]
    told = [(row["data"]["specimen"], row["change"]) for row in compared(before, now)]
    assert told == [("S-1", "same"), ("S-2", "changed"), ("S-5", "new"), ("S-3", "gone"), ("S-4", "same")]
    assert not any("person" in row["data"] for row in compared(before, now))


@given(st.lists(st.integers(0, 2 * module.LARGEST_ANSWER_BYTES), max_size=6), st.integers(0, 6))
def test_an_answer_holds_the_first_that_fit_and_never_none_of_some(sizes: list[int], most: int) -> None:
    rows = [{"n": n, "text": "x" * size} for n, size in enumerate(sizes)]
    kept = fitting(rows, most)
    assert kept == rows[: len(kept)]
    assert len(kept) <= most
    size = sum(len(msgspec.json.encode(row)) for row in kept)
    assert len(kept) == 1 or size <= module.LARGEST_ANSWER_BYTES
    assert bool(kept) == bool(rows[:most])
