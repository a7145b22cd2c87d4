"""By what the hub judges, as the list for edges that judge by themselves: its rules and all calibrations."""

from collections.abc import Iterable

from hub.alarms.calibrations import CALIBRATION, decode
from hub.alarms.rule_list import rule_items
from hub.alarms.rules import Profile
from hub.lists import PublishedList
from hub.runtime.alarm_ledger import AlarmLedger


class RulesPublished:
    """``profiles``: those now in force."""

    def __init__(self, ledger: AlarmLedger, profiles: Iterable[Profile]) -> None:
        self._ledger = ledger
        self._profiles = tuple(profiles)
        self._bodies: list[bytes] = []
        self._made = PublishedList.of(rule_items(self._profiles))

    async def published(self) -> PublishedList:
        """With what the ledger knows of calibrations; raises StoreUnavailable."""
        _, settings = await self._ledger.begin()
        bodies = [each.body for each in settings if each.name.startswith(CALIBRATION)]
        if bodies != self._bodies:
            self._made = PublishedList.of(rule_items(self._profiles, map(decode, bodies)))
            self._bodies = bodies
        return self._made
