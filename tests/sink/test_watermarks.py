"""The watermark says what the set of seqs says, in whatever order they came."""

from hypothesis import given
from hypothesis import strategies as st

from hub.events import partition_of
from hub.sink import watermarks
from hub.sink.watermarks import Committed, EpochMark, Told, Watermarks
from storage.contract import Watermark

A, B = "a" * 16, "b" * 16
ranges = st.tuples(st.integers(1, 40), st.integers(0, 6)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def _complete_to(covered: set[int]) -> int:
    return next(seq for seq in range(1, 100) if seq not in covered) - 1


@given(st.lists(ranges, max_size=30))
def test_any_order_gives_the_mark_of_the_set(parts: list[tuple[int, int]]) -> None:
    mark = EpochMark("edge-1", A)
    covered: set[int] = set()
    for first, last in parts:
        before = mark.seq
        mark.cover(first, last, f"row {last}")
        covered.update(range(first, last + 1))
        assert mark.seq == _complete_to(covered) >= before
        assert mark.id == (f"row {mark.seq}" if mark.seq else "")
        beyond = min((seq for seq in covered if seq > mark.seq), default=None)
        assert mark.want == (None if beyond is None else (mark.seq + 1, beyond - 1))


@given(st.permutations(range(1, 13)))
def test_every_permutation_ends_complete(order: list[int]) -> None:
    mark = EpochMark("edge-1", A)
    for seq in order:
        mark.cover(seq, seq, str(seq))
    assert (mark.seq, mark.id, mark.want) == (12, "12", None)
    assert not mark.ahead
    assert not mark.turns


def test_rows_ahead_are_bounded_and_come_again() -> None:
    mark = EpochMark("edge-1", A)
    most = watermarks.ROWS_AHEAD
    for seq in range(2, most + 100):
        mark.cover(seq, seq, str(seq))
    assert len(mark.ahead) == most
    mark.cover(1, 1, "1")
    assert (mark.seq, mark.want) == (most + 1, None)
    mark.cover(most + 2, most + 2, "next")
    assert mark.seq == most + 2


def test_marks_go_on_from_what_the_store_knows() -> None:
    marks = Watermarks([Watermark("edge-1", A, 7, "seven"), Watermark("edge-2", B, 0, "")])
    assert marks.touched() == []
    marks.cover("edge-1", A, 9, 9, "nine")
    assert marks.touched() == [Told("edge-1", A, 7, "seven", (8, 8))]
    marks.cover("edge-1", A, 8, 8, "eight")
    assert marks.touched() == [Told("edge-1", A, 9, "nine", None)]
    assert marks.touched() == []


def test_new_epoch_stands_behind_the_known_ones() -> None:
    marks = Watermarks([Watermark("edge-1", B, 7, "seven")])
    marks.cover("edge-1", A, 1, 1, "one")
    assert [told.epoch for told in marks.all()] == [B, A]


def test_unknown_epoch_is_told_as_seq_0() -> None:
    assert Committed().find("edge-1", A) == Told("edge-1", A, 0, "", None)


def test_newest_epochs_of_a_partitions_edges_are_told_oldest_first() -> None:
    committed = Committed()
    other = next(f"edge-{n}" for n in range(100) if partition_of(f"edge-{n}") != partition_of("edge-1"))
    for number in range(6):
        committed.update([Told("edge-1", f"{number:016x}", number), Told(other, f"{number:016x}", number)])
    told = committed.of_partition(partition_of("edge-1"), 4)
    assert [(each.edge, each.seq) for each in told] == [("edge-1", seq) for seq in (2, 3, 4, 5)]
