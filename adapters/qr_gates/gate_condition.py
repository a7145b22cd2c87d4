"""How a gate is, of what its parts tell: the line to its scanner, its store, its barrier. Pure."""

from collections.abc import Callable

from hub.contract import DeviceState

Told = Callable[[DeviceState, str], None]
# What is said when a part works again, the gravest part first.
ENDS = {"store": "stores_again", "barrier": "barrier_works", "scanner": "reads_again"}


class GateCondition:
    """``told`` hears one word: a line that is gone, before a part in trouble, before a line that is well."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._line: tuple[DeviceState, str] | None = None
        self._troubles: dict[str, str] = {}

    def line(self, state: DeviceState, reason: str) -> None:
        """Of the scanner; told each time, for whoever restarted us has told something else meanwhile."""
        self._line = (state, reason)
        self._told(*self._now(self._line))

    def trouble(self, part: str, code: str) -> None:
        """Of ``store``, ``barrier`` or ``scanner``; "": it works (again)."""
        if self._troubles.get(part, "") == code:
            return
        self._troubles[part] = code
        is_well = self._line is None or self._line[0] == "ONLINE"
        self._told(*self._now(("ONLINE", ENDS[part]) if is_well or not self._line else self._line))

    def _now(self, otherwise: tuple[DeviceState, str]) -> tuple[DeviceState, str]:
        if self._line and self._line[0] == "OFFLINE":
            return self._line
        code = next((self._troubles[part] for part in ENDS if self._troubles.get(part)), "")
        return ("DEGRADED", code) if code else otherwise
