"""What is sent together and counts together: lines, and what is reached once they are answered. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from storage.influx.history import HistoryPage
from storage.influx.measurements.hub import HubSample
from storage.influx.pages import Line, PageLines, PageOfLog, Unwritable
from storage.influx.sending import Sending
from storage.projections import Rejected

PROBE_PART = "projector"


@dataclass(frozen=True, slots=True)
class Load:
    """One of ``number`` (the log), ``before`` (history), ``hours`` and ``samples``.

    ``before`` None: the day goes on. ``hours``: with it, all closed hours before this one are sent.
    """

    sending: Sending
    unwritable: Sequence[Rejected]
    number: int | None = None
    before: int | None = None
    hours: int | None = None
    samples: Sequence[HubSample] = ()
    of_history: bool = False

    @property
    def rejected(self) -> list[Rejected]:
        """What no server will have, once all is answered."""
        return [*self.unwritable, *self.sending.rejected]


class Loading:
    """Makes loads; ``most``: lines a request, fewer once the server said that a request was too large."""

    def __init__(self, pages: PageOfLog, hub: str, most: int) -> None:
        self.pages = pages
        self.hub = hub
        self.most = most

    def of_log(self, page: PageLines, now_ms: int) -> Load:
        sending = self._sending(page.lines, now_ms)
        return Load(sending, _rejected(page.unwritable, now_ms), number=page.last)

    def of_history(self, page: HistoryPage, now_ms: int) -> Load:
        sending = self._sending(page.lines, now_ms)
        return Load(sending, _rejected(page.unwritable, now_ms), before=page.before, of_history=True)

    def of_hours(self, page: PageLines, before: int, now_ms: int) -> Load:
        sending = self._sending(page.lines, now_ms)
        return Load(sending, _rejected(page.unwritable, now_ms), hours=before)

    def of_samples(self, samples: Sequence[HubSample], now_ms: int) -> Load:
        made = [self.pages.sample(sample) for sample in samples]
        lines = [line for page in made for line in page.lines]
        unwritable = [bad for page in made for bad in page.unwritable]
        return Load(self._sending(lines, now_ms), _rejected(unwritable, now_ms), samples=samples)

    def done(self, load: Load) -> None:
        """The next loads have requests of the size that was taken."""
        self.most = min(self.most, load.sending.most)

    def _sending(self, lines: Sequence[Line], now_ms: int) -> Sending:
        probe = self.pages.sample(HubSample(now_ms, self.hub, {PROBE_PART: {"state": 0}}))
        return Sending(lines, self.most, probe.lines[0].text if probe.lines else "")


def _rejected(unwritable: Iterable[Unwritable], now_ms: int) -> list[Rejected]:
    return [Rejected(bad.number, now_ms, bad.reason, "") for bad in unwritable]
