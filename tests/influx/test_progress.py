"""How far a projection is: what of it the hub is told, in which pieces, and what is told again."""

from storage.influx.hub_samples import HubSamples
from storage.influx.loads import Load
from storage.influx.measurements.hub import HubSample
from storage.influx.progress import MOST_REJECTED_A_CHANGE, Progress
from storage.influx.sending import Sending
from storage.projections import HISTORY_SENT, ProjectionChange, Rejected


def bad(number: int) -> Rejected:
    return Rejected(number, 0, "reason", "line")


def load(*rejected: Rejected, **reached: int | None) -> Load:
    return Load(Sending((), 1, "probe"), rejected, of_history="before" in reached, **reached)  # type: ignore[arg-type]


def test_log_and_history_are_told_together() -> None:
    progress = Progress("tsdb")
    progress.begin(5, 20_000, 0)
    progress.answered(load(bad(6), number=9), at=0.0)
    progress.answered(load(bad(0), before=None), at=1.0)
    progress.answered(load(before=19_999), at=2.0)
    assert (progress.number, progress.before) == (9, 19_999)
    assert progress.settled(29.9) == ()
    assert progress.settled(30.0) == [ProjectionChange("tsdb", 9, None, [bad(6)])]
    assert progress.settled(32.0) == [ProjectionChange("tsdb", 9, 19_999, [bad(6), bad(0)])]
    progress.confirm()
    assert progress.settled(99.0) == ()


def test_thousands_of_rejected_lines_go_in_pieces_and_the_number_with_the_last() -> None:
    progress, many = Progress("tsdb"), [bad(n) for n in range(2 * MOST_REJECTED_A_CHANGE + 1)]
    progress.answered(load(*many, number=9), at=0.0)
    changes = progress.settled(30.0)
    assert [change.number for change in changes] == [None, None, 9]
    assert [line for change in changes for line in change.rejected] == many
    assert max(len(change.rejected) for change in changes) == MOST_REJECTED_A_CHANGE


def test_back_to_what_is_settled() -> None:
    progress = Progress("tsdb")
    progress.begin(5, HISTORY_SENT, 0)
    progress.back()
    assert progress.rewinds == 0, "nothing was sent again"
    progress.answered(load(number=9), at=0.0)
    progress.samples.add(HubSample(1, "province", {}))
    progress.answered(Load(Sending((), 1, ""), (), samples=progress.samples.next()), at=0.0)
    assert progress.older_than(1.0)
    progress.back()
    assert (progress.number, progress.rewinds, progress.samples.waiting) == (5, 1, 1)
    assert progress.settled(99.0) == ()


def test_the_log_may_begin_later_than_we_stand() -> None:
    progress = Progress("tsdb")
    progress.begin_history(20_000)
    progress.skip(41, at=0.0)
    assert progress.number == 41
    assert progress.settled(30.0) == [ProjectionChange("tsdb", 41, None, [])]


def test_what_was_rejected_of_samples_is_told_at_once() -> None:
    progress = Progress("tsdb")
    assert isinstance(progress.samples, HubSamples)
    progress.answered(Load(Sending((), 1, ""), [bad(0)]), at=10.0)
    assert progress.settled(10.0) == [ProjectionChange("tsdb", None, None, [bad(0)])]
    progress.confirm()
    assert progress.settled(10.0) == ()
