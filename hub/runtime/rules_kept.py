"""The last good list of rules and calibrations that the hub gave, on the edge's disk: for when it is away."""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from hub.alarms.rule_list import BadRules, Rules, rules_of
from hub.alarms.rules import Profile

FILE = "alarm-rules.jsonl"
log = logging.getLogger(__name__)


class RulesKept:
    """``own`` profiles judge where the hub's list has none of their name."""

    def __init__(self, folder: Path, own: Iterable[Profile]) -> None:
        self._file = folder / FILE
        self._own = tuple(own)

    def load(self) -> Rules:
        """Those that were kept, or the own ones alone."""
        try:
            return self._with_own(rules_of(self._file.read_bytes().splitlines()))
        except FileNotFoundError:
            return Rules(self._own)
        except (BadRules, OSError) as error:
            log.warning("the rules of the hub cannot be read", extra={"reason": type(error).__name__})
            return Rules(self._own)

    def keep(self, items: Sequence[bytes]) -> Rules | None:
        """What to judge by from now on; None of a list that nobody can use. Blocks for the disk."""
        try:
            found = rules_of(items)
        except BadRules as error:
            log.warning("the hub's list of rules is not taken", extra={"reason": str(error)})
            return None
        fresh = self._file.with_name(f"{FILE}.new")
        try:
            fresh.write_bytes(b"".join(item + b"\n" for item in items))
            fresh.replace(self._file)
        except OSError as error:
            log.warning("the hub's rules are not kept", extra={"reason": type(error).__name__})
        return self._with_own(found)

    def _with_own(self, found: Rules) -> Rules:
        by_name = {each.name: each for each in (*self._own, *found.profiles)}
        return Rules(tuple(by_name.values()), found.calibrations)
