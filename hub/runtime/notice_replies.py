"""What people answer to a notice: a code acknowledges the incidents of its message."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable

from hub.alarms.incidents.actions import Acknowledge, RefusedAction
from hub.errors import StoreUnavailable
from hub.notify.replies import code_of, persons_of
from hub.notify.settings import MINUTE_MS, NotifySettings
from hub.runtime.alarm_ledger import AlarmLedger
from storage.contract import StoreReader

RETRY_SECONDS = 1.0
ANSWERED_WITHIN_MS = 7 * 1440 * MINUTE_MS
log = logging.getLogger(__name__)


class Replies:
    """``counts`` what came of them: acknowledged, no_code, stranger, unknown_code, refused."""

    def __init__(
        self,
        ledger: AlarmLedger,
        open_reader: Callable[[], StoreReader],
        settings: NotifySettings,
        clock: Callable[[], int],
        counts: Counter[str],
    ) -> None:
        self._ledger = ledger
        self._open_reader = open_reader
        self._settings = settings
        self._now_ms = clock
        self._counts = counts

    async def heard(self, channel: str, number: str, text: str) -> str:
        """Acknowledge what it names, as the person whose number it is; a store that is away is waited for."""
        while True:
            try:
                outcome = await self._heard(channel, number, text)
            except StoreUnavailable as error:
                log.warning("a reply waits for the store", extra={"reason": str(error)})
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self._counts[outcome] += 1
                return outcome

    async def _heard(self, channel: str, number: str, text: str) -> str:
        code, persons = code_of(text), persons_of(number, channel, self._settings)
        if not persons:
            return "stranger"
        if not code:
            return "no_code"
        found = await self._incidents(code, persons)
        if not found:
            return "unknown_code"
        done = [await self._acknowledge(person, incident) for person, incident in found]
        return "acknowledged" if any(done) else "refused"

    async def _incidents(self, code: str, persons: list[str]) -> list[tuple[str, str]]:
        """(person, incident) of the message with this code."""
        since_ms = self._now_ms() - ANSWERED_WITHIN_MS
        reader = self._open_reader()
        await reader.open()
        try:
            return [
                (person, incident)
                for person in persons
                for incident in await reader.incidents_answered(code, person, since_ms)
            ]
        finally:
            await reader.close()

    async def _acknowledge(self, person: str, incident: str) -> bool:
        try:
            await self._ledger.act(incident, Acknowledge(person))
        except RefusedAction:
            return False  # somebody has, or it is over
        return True
