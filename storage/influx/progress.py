"""How far a projection is: in the log, in history, with samples of the hub; what is settled of it. Pure."""

from collections.abc import Sequence

from storage.influx.hub_samples import HubSamples
from storage.influx.loads import Load
from storage.influx.window import SETTLE_SECONDS, Settled, Window
from storage.projections import HISTORY_SENT, ProjectionChange, Rejected

# One change is one line on the hub's local socket, which takes 4 MiB.
MOST_REJECTED_A_CHANGE = 500


class Progress:
    """``number``: the log is answered up to here; ``before``: days before it are to be sent."""

    def __init__(self, name: str, seconds: float = SETTLE_SECONDS) -> None:
        self.name = name
        self.seconds = seconds
        self.samples = HubSamples()
        self.rewinds = 0
        self.begin(0, HISTORY_SENT)

    def begin(self, number: int, before: int) -> None:
        """From what the store says."""
        self.log = Window(number, self.seconds)
        self.begin_history(before)
        self.number = number
        self._of_samples: list[Rejected] = []
        self._settling: tuple[Settled | None, Settled | None] = (None, None)
        self.samples.back()

    def begin_history(self, before: int) -> None:
        """``before`` is durable."""
        self.history = Window(before, self.seconds)
        self.before = before

    @property
    def full(self) -> bool:
        """Whether nothing more may be sent before something is settled."""
        return self.log.full or self.history.full

    def answered(self, load: Load, at: float) -> None:
        """All lines of ``load`` were, at ``at`` (monotonic seconds)."""
        if load.number is not None:
            self.log.answered(load.number, at, load.rejected)
            self.number = load.number
        elif load.of_history:
            self.before = self.before if load.before is None else load.before
            self.history.answered(self.before, at, load.rejected)
        else:
            self.samples.answered(load.samples, at)
            self._of_samples += load.rejected

    def skip(self, number: int, at: float) -> None:
        """The log has nothing before: as if it were answered."""
        self.log.answered(number, at)
        self.number = number

    def older_than(self, since: float) -> bool:
        """Whether something that is not settled was answered by an earlier process than that of ``since``."""
        return any(each.older_than(since) for each in (self.log, self.history, self.samples))

    def back(self) -> None:
        """To what is settled: the server may have lost the rest."""
        if not (self.log.empty and self.history.empty):
            self.rewinds += 1
        self.number, self.before = self.log.back(), self.history.back()
        self.samples.back()

    def settled(self, heard: float) -> Sequence[ProjectionChange]:
        """What the hub must make durable, in this order, before ``confirm``; empty: nothing."""
        self.samples.settle(heard, self.seconds)
        log, history = self._settling = (self.log.settled(heard), self.history.settled(heard))
        rejected = [*self._of_samples, *(log.rejected if log else ()), *(history.rejected if history else ())]
        if not (log or history or rejected):
            return ()
        *first, last = _parts(rejected)
        number, day = log.mark if log else None, history.mark if history else None
        changes = [ProjectionChange(self.name, rejected=part) for part in first]
        return [*changes, ProjectionChange(self.name, number, day, last)]

    def confirm(self) -> None:
        """What ``settled`` gave is durable."""
        log, history = self._settling
        if log:
            self.log.confirm(log)
        if history:
            self.history.confirm(history)
        self._of_samples.clear()
        self._settling = (None, None)


def _parts(rejected: Sequence[Rejected]) -> list[Sequence[Rejected]]:
    most = MOST_REJECTED_A_CHANGE
    return [rejected[n : n + most] for n in range(0, max(1, len(rejected)), most)]
