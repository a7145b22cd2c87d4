"""Alerts of gates, loud on the page of their staff: silent at the gate, so somebody must hear them here.

Initials and birth year stand for two minutes, long enough to walk to the gate; the alert itself stands until
somebody says that he knows.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from api.console.wording import ms_of
from storage.contract import Row

ALERT = "alert"
PERSON_MS = 120_000
FRESH_MS = 60_000  # an alert that came by the bus, of a gate whose edge is elsewhere
LIVE_FIRST_MS = 3000  # a gate beside us tells it on its screen first, and with whom
SAME_MS = 30_000  # a terminal's own clock stands in the store
MOST = 20


@dataclass(frozen=True, slots=True)
class Alert:
    """``at_ms``: of the decision; ``initials`` and ``birth_year`` only of a gate beside us."""

    device: str
    at_ms: int
    reason: str
    initials: str = ""
    birth_year: int | None = None

    def names_somebody(self, now_ms: int) -> bool:
        return bool(self.initials or self.birth_year) and now_ms - self.at_ms < PERSON_MS


class Alerts:
    """Those of one page; pure. ``persons``: whether whoever looks may see initials."""

    def __init__(self, *, persons: bool) -> None:
        self._persons = persons
        self._known: dict[tuple[str, int], None] = {}
        self.standing: list[Alert] = []

    def take(self, live: Iterable[Row], beside: Iterable[str], scans: Iterable[Row], now_ms: int) -> bool:
        """Whether there is a new one. ``beside``: gates that tell live; the store knows what was missed."""
        fresh = [_live(row) for row in live if row["decision"] == ALERT]
        fresh = [alert for alert in fresh if (alert.device, alert.at_ms) not in self._known]
        self._add(fresh)
        here = set(beside)
        stored = [_stored(row) for row in scans if row["decision"] == ALERT]
        missed = [alert for alert in stored if self._is_missed(alert, alert.device in here, now_ms)]
        self._add(missed)
        return bool(fresh or missed)

    def _is_missed(self, alert: Alert, is_here: bool, now_ms: int) -> bool:
        """Said by the store alone: a gate elsewhere, or one whose screen nobody could read in time."""
        age_ms = now_ms - alert.at_ms
        told = any(
            device == alert.device and abs(at_ms - alert.at_ms) <= SAME_MS for device, at_ms in self._known
        )
        return not told and age_ms < FRESH_MS and (age_ms >= LIVE_FIRST_MS or not is_here)

    def _add(self, fresh: Iterable[Alert]) -> None:
        for alert in fresh:
            self._known[alert.device, alert.at_ms] = None
            self.standing.append(alert if self._persons else Alert(alert.device, alert.at_ms, alert.reason))
        del self.standing[:-MOST]
        for key in list(self._known)[: -10 * MOST]:
            del self._known[key]

    def known(self) -> None:
        """Somebody looks after them."""
        self.standing.clear()


def _live(row: Row) -> Alert:
    return Alert(row["device"], row["at_ms"], row["reason"], row["initials"], row["birth_year"])


def _stored(row: Row) -> Alert:
    return Alert(str(row["device"]), ms_of(row["time"]) or 0, str(row["reason"]))
