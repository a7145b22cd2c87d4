"""How far a projection is: in log, history and hours, and with samples of the hub; what is settled. Pure."""

from collections.abc import Sequence

from storage.influx.hub_samples import HubSamples
from storage.influx.loads import Load
from storage.influx.window import SETTLE_SECONDS, Settled, Window
from storage.projections import HISTORY_SENT, ProjectionChange, Rejected

# One change is one line on the hub's local socket, which takes 4 MiB.
MOST_REJECTED_A_CHANGE = 500


class Progress:
    """``number``: the log is answered up to here; ``before``: days before it are to be sent.

    ``hours``: hours before it are answered as they stood when they were over.
    """

    def __init__(self, name: str, seconds: float = SETTLE_SECONDS) -> None:
        self.name = name
        self.seconds = seconds
        self.samples = HubSamples()
        self.rewinds = 0
        self.begin(0, HISTORY_SENT, 0)

    def begin(self, number: int, before: int, hours: int) -> None:
        """From what the store says."""
        self.log = Window(number, self.seconds)
        self.begin_history(before)
        self._begin_hours(hours)
        self.number = number
        self._of_samples: list[Rejected] = []
        self._settling: tuple[Settled | None, Settled | None, Settled | None] = (None, None, None)
        self.samples.back()

    def begin_history(self, before: int) -> None:
        """``before`` is durable."""
        self.history = Window(before, self.seconds)
        self.before = before

    def closed(self, before: int) -> None:
        """Hours from ``before`` on are not over, whatever the clock said earlier: they are sent again."""
        if before < self.hours:
            self._begin_hours(min(before, self.closing.mark))

    def _begin_hours(self, hours: int) -> None:
        self.closing = Window(hours, self.seconds)
        self.hours = hours

    @property
    def full(self) -> bool:
        """Whether nothing more may be sent before something is settled."""
        return any(each.full for each in self._windows)

    def answered(self, load: Load, at: float) -> None:
        """All lines of ``load`` were, at ``at`` (monotonic seconds)."""
        if load.number is not None:
            self.log.answered(load.number, at, load.rejected)
            self.number = load.number
        elif load.of_history:
            self.before = self.before if load.before is None else load.before
            self.history.answered(self.before, at, load.rejected)
        elif load.hours is not None:
            self.hours = load.hours
            self.closing.answered(load.hours, at, load.rejected)
        else:
            self.samples.answered(load.samples, at)
            self._of_samples += load.rejected

    def skip(self, number: int, at: float) -> None:
        """The log has nothing before: as if it were answered."""
        self.log.answered(number, at)
        self.number = number

    def older_than(self, since: float) -> bool:
        """Whether something that is not settled was answered by an earlier process than that of ``since``."""
        return any(each.older_than(since) for each in (*self._windows, self.samples))

    def back(self) -> None:
        """To what is settled: the server may have lost the rest."""
        if not all(each.empty for each in self._windows):
            self.rewinds += 1
        self.number, self.before, self.hours = (each.back() for each in self._windows)
        self.samples.back()

    def settled(self, heard: float) -> Sequence[ProjectionChange]:
        """What the hub must make durable, in this order, before ``confirm``; empty: nothing.

        Of hours there is nothing but the time: the number is told again (``settled_at_ms``).
        """
        self.samples.settle(heard, self.seconds)
        log, history, hours = self._settling = (
            self.log.settled(heard), self.history.settled(heard), self.closing.settled(heard)
        )  # fmt: skip
        rejected = [*self._of_samples, *(line for each in self._settling if each for line in each.rejected)]
        if not (log or history or hours or rejected):
            return ()
        *first, last = _parts(rejected)
        number, day = (log or self.log).mark if log or hours else None, history.mark if history else None
        changes = [ProjectionChange(self.name, rejected=part) for part in first]
        return [*changes, ProjectionChange(self.name, number, day, last)]

    def confirm(self) -> None:
        """What ``settled`` gave is durable."""
        for window, settled in zip(self._windows, self._settling, strict=True):
            if settled:
                window.confirm(settled)
        self._of_samples.clear()
        self._settling = (None, None, None)

    @property
    def _windows(self) -> tuple[Window, Window, Window]:
        return self.log, self.history, self.closing


def _parts(rejected: Sequence[Rejected]) -> list[Sequence[Rejected]]:
    most = MOST_REJECTED_A_CHANGE
    return [rejected[n : n + most] for n in range(0, max(1, len(rejected)), most)]
