"""The codec bench compares the same work: all readers read the same fields, all sessions the same records."""

import pytest

from tests.bench.lab_codecs import in_turns, measure_readers, measure_sessions
from tests.bench.parts.codecs import genexpert_run, our_reader, our_session, sessions, split_reader
from tests.bench.parts.panel import PANEL_BYTES, panel, panels

MESSAGE = panel("MSG-00001", 1)


def test_the_message_is_the_one_of_the_comparison() -> None:
    assert (len(MESSAGE), MESSAGE.count(b"\r"), MESSAGE.count(b"\rOBX|")) == (PANEL_BYTES, 11, 8)
    assert len({sample.block for sample in panels("m", 50)}) == 50


def test_our_reader_gives_all_that_the_split_reader_gives() -> None:
    head, segments = our_reader(MESSAGE)
    assert segments == [segment[1:] for segment in split_reader(MESSAGE)[1:]]
    assert head[9] == "MSG-00001"


@pytest.mark.parametrize("shape", ["one frame", "a frame a record", "240 bytes a frame"])
def test_a_session_is_the_same_records_however_it_is_cut(shape: str) -> None:
    records = genexpert_run()
    found = our_session(sessions(records)[shape])
    assert [record.type for record in (found.header, *found.rest)] == [chr(each[0]) for each in records]
    assert (len(records), sum(each[:1] == b"R" for each in records)) == (88, 84)
    assert found.rest[3].text(3, 7) == "MTB"


def test_ways_take_turns_and_the_best_turn_counts() -> None:
    called: list[str] = []
    found = in_turns({"a": lambda: called.append("a"), "b": lambda: called.append("b")}, 0.01)
    assert set(called) == {"a", "b"}
    assert all(0 < each < 1000 for each in found.values())


def test_limits_are_those_of_the_figures() -> None:
    (reading,) = measure_readers(0.1)[1]
    (session,) = measure_sessions(0.1)[1]
    assert (reading.bound, reading.at_least) == (2.0, False)
    assert (session.bound, session.at_least) == (5.0, True)
    assert min(reading.figure, session.figure) > 0
