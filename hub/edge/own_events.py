"""What an edge tells of itself: its alarms, its devices' states, its own readings. Nobody waits for it."""

import asyncio
import logging
from collections import deque
from typing import Any, Literal

from hub.edge.encoder import Origin, note
from hub.errors import NotCommitted
from hub.events import format_time
from hub.payloads import Alarm, Payload, Reading
from hub.spool import Spool
from hub.streams.clock import now_ms

MOST_UNTOLD_ALARMS = 100
log = logging.getLogger(__name__)


class OwnVoice:
    """An event that cannot be stored now is only logged; an alarm waits while the spool is full."""

    def __init__(self, spool: Spool, origin: Origin) -> None:
        self.spool = spool
        self.origin = origin
        self._untold: deque[tuple[Alarm, str, int]] = deque(maxlen=MOST_UNTOLD_ALARMS)

    def alarm(self, kind: str, severity: Literal["info", "warning", "critical"], evidence: str) -> None:
        """Tell the ledger something about this edge itself."""
        at_ms = now_ms()
        log.warning("alarm", extra={"kind": kind, "severity": severity, "evidence": evidence})
        incident = f"{self.origin.edge}/{kind}/{severity}/{at_ms}"
        told = Alarm(incident, kind, severity, "RAISED", self.origin.edge, format_time(at_ms), evidence)
        if self.spool.books.full:
            self._untold.append((told, incident, at_ms))
        else:
            self.note(told, incident, at_ms=at_ms)

    def tell_untold(self) -> None:
        """There may be room again."""
        while self._untold and not self.spool.books.full:
            told, incident, at_ms = self._untold.popleft()
            self.note(told, incident, at_ms=at_ms)

    def note(self, payload: Payload, key: str, origin: Origin | None = None, at_ms: int = 0) -> None:
        """One event, of this edge or of ``origin``."""
        record = note(origin or self.origin, payload, key, at_ms or now_ms())
        try:
            self.spool.commit([record]).add_done_callback(_log_refused)
        except NotCommitted as error:
            log.warning("own event not stored", extra={"type": payload.TYPE, "reason": str(error)})

    def read(self, reading: Reading, at_ms: int) -> None:
        """A reading of this edge itself, under its own id."""
        origin = Origin(self.origin.site, self.origin.edge, self.origin.edge)
        self.note(reading, f"{reading.metric}|{at_ms}", origin, at_ms)


def _log_refused(done: "asyncio.Future[Any]") -> None:
    if not done.cancelled() and done.exception():
        log.warning("own event not stored", extra={"reason": str(done.exception())})
