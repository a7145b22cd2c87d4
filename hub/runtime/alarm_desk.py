"""What a hub answers on its local socket about alarms: what people do with incidents and devices."""

from collections.abc import Awaitable, Callable
from typing import Any

from hub.alarms.incidents.actions import (
    Acknowledge,
    Action,
    Assign,
    Check,
    Comment,
    Dispose,
    PutBack,
    RefusedAction,
    Shelve,
    TakeOut,
    Unshelve,
)
from hub.alarms.incidents.entries import Entry
from hub.control import Answer, Handler
from hub.errors import OperatorError
from hub.runtime.alarm_ledger import AlarmLedger

OF_INCIDENT: dict[str, Callable[..., Action]] = {
    "ack": Acknowledge,
    "shelve": Shelve,
    "unshelve": Unshelve,
    "comment": Comment,
    "assign": Assign,
    "disposition": Dispose,
}
OF_SERVICE: dict[str, Callable[..., Action]] = {"take_out": TakeOut, "put_back": PutBack}
OF_DEVICE: dict[str, Callable[..., Action]] = {"check": Check, **OF_SERVICE}


class AlarmDesk:
    """Each answer is {outcome, reason, entry}: "done" with the entry's number, or "refused" with a code."""

    def __init__(self, ledger: AlarmLedger) -> None:
        self._ledger = ledger

    def calls(self) -> dict[str, Handler]:
        return {"alarm": self.alarm, "alarm_device": self.device, "alarm_devices": self.devices}

    async def alarm(
        self, incident: str, action: str, by: str, note: str = "", details: dict[str, Any] | None = None
    ) -> Answer:
        """``details`` are the action's own: until_ms, to, decision."""
        made = _action(OF_INCIDENT, action, by, note, details)
        return await _answered(self._ledger.act(incident, made))

    async def device(
        self,
        site: str,
        device: str,
        action: str,
        by: str,
        note: str = "",
        details: dict[str, Any] | None = None,
    ) -> Answer:
        """``details`` of a check: round; of take_out, if it has an end: until_ms."""
        made = _action(OF_DEVICE, action, by, note, details)
        return await _answered(self._ledger.act_on_device(site, device, made))

    async def devices(
        self,
        site: str,
        devices: list[str],
        action: str,
        by: str,
        note: str = "",
        details: dict[str, Any] | None = None,
    ) -> Answer:
        """Several of a site in one commit, those that are in that service already left out.

        The answer has ``devices``, too: those of which there is an entry; ``entry``: the first one's, or 0.
        """
        made = _action(OF_SERVICE, action, by, note, details)
        entered: list[Entry] = []

        async def enter() -> list[Entry]:
            entered.extend(await self._ledger.act_on_devices(site, devices, made))
            return entered

        return await _answered(enter()) | {"devices": [entry.device for entry in entered]}


def _action(
    known: dict[str, Callable[..., Action]], name: str, by: str, note: str, details: dict[str, Any] | None
) -> Action:
    make = known.get(name)
    if make is None:
        raise OperatorError("no such action")
    return make(by, note, **(details or {}))


async def _answered(entering: Awaitable[list[Entry]]) -> Answer:
    try:
        made = await entering
    except RefusedAction as refused:
        return {"outcome": "refused", "reason": refused.code, "entry": 0}
    return {"outcome": "done", "reason": "", "entry": made[0].number if made else 0}
