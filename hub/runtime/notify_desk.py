"""What a hub answers on its local socket about notices: what waits, what was given up, and a test."""

import asyncio
from collections.abc import Callable
from typing import Any

from hub.clock import now_ms
from hub.control import Answer, Handler
from hub.errors import OperatorError
from hub.notify.channels.parcel import NO_ANSWER, Delivery
from hub.runtime.alarm_ledger import AlarmLedger
from hub.runtime.notifier import Notifier
from storage.contract import StoreReader
from storage.notices import Decide, NoticeChanges, NoticeRow

STATES = ("WAITING", "DELIVERED", "DEAD", "SKIPPED")
LARGEST_PAGE = 1000
TEST_SECONDS = 9.0  # whoever asks waits 10


class NotifyDesk:
    """Rows name persons by their id; addresses are never told."""

    def __init__(
        self, ledger: AlarmLedger, notifier: Notifier, open_reader: Callable[[], StoreReader]
    ) -> None:
        self._ledger = ledger
        self._notifier = notifier
        self._open_reader = open_reader

    def calls(self) -> dict[str, Handler]:
        return {"notify.list": self.list, "notify.decide": self.decide, "notify.test": self.test}

    async def list(self, state: Any, limit: int = 100) -> Answer:
        if state not in STATES:
            raise OperatorError(f"a state is one of {', '.join(STATES)}")
        reader = self._open_reader()
        await reader.open()
        try:
            rows = await reader.notices(state, limit=max(1, min(limit, LARGEST_PAGE)))
        finally:
            await reader.close()
        return {"items": [_item(row) for row in rows]}

    async def decide(self, key: str, state: str) -> Answer:
        """Of what was given up, one or all (empty ``key``): WAITING is sent again, SKIPPED is not."""
        match state:
            case "WAITING" | "SKIPPED":
                decision = Decide(key, state, now_ms())
                await self._ledger.enter(lambda book: [], notices=NoticeChanges(decisions=[decision]))
                return {"outcome": "done"}
        raise OperatorError("WAITING or SKIPPED")

    async def test(self, channel: str, person: str = "") -> Answer:
        try:
            async with asyncio.timeout(TEST_SECONDS):
                delivery = await self._notifier.test(channel, person)
        except TimeoutError:
            delivery = Delivery("again", NO_ANSWER)
        return {"outcome": delivery.outcome, "code": delivery.code}


def _item(row: NoticeRow) -> Answer:
    names = ("key", "incident", "site", "kind", "step", "person", "channel", "state", "tries", "code")
    told = row._asdict()
    return {name: told[name] for name in names} | {"due_ms": row.due_ms, "at_ms": row.at_ms}
