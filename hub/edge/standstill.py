"""The last net (design 3): the hub is there, rows wait, and no receipt moves.

It outlives connections: brokers that close the line after each publish that an ACL denies would
otherwise begin its pause anew for ever, and the alarm would never be raised.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Literal

from hub.edge.relay import Relay
from hub.spool import Spool

STANDSTILL_SECONDS = 10.0
LONGEST_STANDSTILL_SECONDS = 600.0
LONGEST_GAP_SECONDS = 10.0  # the pause before a new line is at most 5 s (hub.supervisor.FAST)

Alarm = Callable[[str, Literal["info", "warning", "critical"], str], None]
"""(kind, severity, evidence): tell people and the ledger."""
log = logging.getLogger(__name__)


class Standstill:
    """Hears of hub and line; ``watch`` sends again, and raises ``receipt.stalled`` the second time."""

    def __init__(self, spool: Spool, relay: Relay, alarm: Alarm, stalled: Callable[[bool], None]) -> None:
        self._spool = spool
        self._relay = relay
        self._alarm = alarm
        self._stalled = stalled
        self._told = False
        self._online_since: float | None = None
        self._lost_at: float | None = None  # None: the line stands

    def hub_heard(self, online: bool) -> None:
        """Its birth or will. On a line that soon followed another one a birth says nothing new."""
        goes_on = self._lost_at is not None and self._online_seconds() > 0
        if not online:
            self._online_since = None
        elif not goes_on:
            self._online_since = _now()
        self._lost_at = None

    def line_lost(self) -> None:
        """The line ended: what we knew of the hub is good for a short time only."""
        if self._lost_at is None:
            self._lost_at = _now()

    async def watch(self) -> None:
        """Until cancelled; the hub gets ten seconds, then twice as long each time."""
        pause = STANDSTILL_SECONDS
        while True:
            before = self._mark()
            await asyncio.sleep(pause)
            if not self._stands_still(before):
                pause = STANDSTILL_SECONDS
                self._tell(False)
                continue
            log.warning("receipt stands still; sending again", extra={"receipt_seq": before[1]})
            if pause > STANDSTILL_SECONDS:
                self._tell(True)
                self._alarm(
                    "receipt.stalled", "critical", "the hub is online and does not receipt what we send"
                )
            self._relay.rewind()
            pause = min(pause * 2, LONGEST_STANDSTILL_SECONDS)

    def _tell(self, stalled: bool) -> None:
        """Only a change."""
        if stalled != self._told:
            self._told = stalled
            self._stalled(stalled)

    def _mark(self) -> tuple[str, int]:
        return self._relay.epoch.epoch, self._relay.epoch.receipt_seq

    def _stands_still(self, before: tuple[str, int]) -> bool:
        waiting = self._spool.figures().waiting
        return bool(waiting) and before == self._mark() and self._online_seconds() >= STANDSTILL_SECONDS

    def _online_seconds(self) -> float:
        """How long the hub is online as far as we know; 0 when we have not heard it for long."""
        now = _now()
        if self._lost_at is not None and now - self._lost_at > LONGEST_GAP_SECONDS:
            return 0.0
        return now - self._online_since if self._online_since is not None else 0.0


def _now() -> float:
    return asyncio.get_running_loop().time()
