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
        """Whether there is a new one. ``beside``: gates that tell live, of which the store says the same."""
        told = [_live(row) for row in live if row["decision"] == ALERT]
        known_here = set(beside)
        told += [
            alert
            for row in scans
            if row["decision"] == ALERT and row["device"] not in known_here
            if now_ms - (alert := _stored(row)).at_ms < FRESH_MS
        ]
        fresh = [alert for alert in told if (alert.device, alert.at_ms) not in self._known]
        for alert in fresh:
            self._known[alert.device, alert.at_ms] = None
            self.standing.append(alert if self._persons else Alert(alert.device, alert.at_ms, alert.reason))
        del self.standing[:-MOST]
        for key in list(self._known)[: -10 * MOST]:
            del self._known[key]
        return bool(fresh)

    def known(self) -> None:
        """Somebody looks after them."""
        self.standing.clear()


def _live(row: Row) -> Alert:
    return Alert(row["device"], row["at_ms"], row["reason"], row["initials"], row["birth_year"])


def _stored(row: Row) -> Alert:
    return Alert(str(row["device"]), ms_of(row["time"]) or 0, str(row["reason"]))
