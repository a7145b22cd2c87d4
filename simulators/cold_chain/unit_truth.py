"""The truth of one unit: all that its messages claimed, and the excursions in it, told as they become known.

Excursions are found anew in all readings each time, at longer and longer pauses, and the file is told
what is otherwise: the last line about a start counts.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from simulators.cold_chain.excursion_rules import standard_rules
from simulators.cold_chain.excursions import Excursion, excursions
from simulators.cold_chain.unit_faults import UnitFaults
from simulators.cold_chain.unit_plan import POLLED, UnitPlan
from simulators.cold_chain.unit_sample import Claim

FIRST_PAUSE_MS = 6 * 3_600_000
GROWTH = 8  # the next look is after so many parts of what was lived already
Key = tuple[str, str, int]  # metric, rule, start


class UnitTruth:
    """``readings``: different ones."""

    def __init__(self, plan: UnitPlan, faults: UnitFaults, start_ms: int) -> None:
        self.readings = 0
        self._plan = plan
        self._start_ms = start_ms
        self._look_ms = start_ms + FIRST_PAUSE_MS
        self._rules = () if plan.talker in POLLED else standard_rules(plan.profile)
        self._claims: defaultdict[str, dict[int, list[int | None]]] = defaultdict(dict)
        self._told: dict[Key, Excursion] = {}
        self._faults = faults.all()

    def head(self) -> dict[str, object]:
        """The first line: who it is, and which rules are judged."""
        rules = sorted(f"{rule.metric} {rule.code}" for rule in self._rules)
        return self._line("unit", site=self._plan.site, profile=self._plan.profile, talker=self._plan.talker,
                          rules=rules)  # fmt: skip

    def claim(self, claims: Iterable[Claim]) -> None:
        """What a message says that is about to be sent."""
        for metric, time_ms, value in claims:
            known = self._claims[metric].setdefault(time_ms, [])
            if value not in known:
                known.append(value)
                self.readings += 1

    def begun(self, world_ms: int) -> Iterator[dict[str, object]]:
        """Physical faults that began until then."""
        while self._faults and self._start_ms + self._faults[0].begins * 60_000 <= world_ms:
            fault = self._faults.pop(0)
            begins_ms, ends_ms = (self._start_ms + round(at * 60_000) for at in (fault.begins, fault.ends))
            yield self._line("fault", fault=fault.kind, begins=_iso(begins_ms), ends=_iso(ends_ms),
                             strength=round(fault.strength, 3))  # fmt: skip

    def look(self, world_ms: int) -> Iterator[dict[str, object]]:
        """What became known, if it is time to look."""
        if world_ms >= self._look_ms:
            yield from self.judged(world_ms)
            self._look_ms = world_ms + max(FIRST_PAUSE_MS, (world_ms - self._start_ms) // GROWTH)

    def judged(self, asked_ms: int) -> Iterator[dict[str, object]]:
        """Excursions that are otherwise than told before, and until when all is told."""
        found = {
            (rule.metric, rule.code, each.start_ms): each
            for rule in self._rules
            for each in excursions(rule, self._claims.get(rule.metric, {}), asked_ms)
        }
        for key in [key for key in self._told if key not in found]:
            yield self._told_line(key, self._told[key], gone=True)
        for key, each in found.items():
            if self._told.get(key) != each:
                yield self._told_line(key, each)
        self._told = found
        first_ms = min((min(times) for times in self._claims.values()), default=asked_ms)
        yield self._line("until", until=_iso(asked_ms), since=_iso(first_ms), readings=self.readings)

    def _told_line(self, key: Key, one: Excursion, **more: Any) -> dict[str, object]:
        metric, code, start_ms = key
        cleared = None if one.cleared_ms is None else _iso(one.cleared_ms)
        return self._line(
            "excursion", metric=metric, rule=code, start=_iso(start_ms), raised=_iso(one.raised_ms),
            cleared=cleared, **more,
        )  # fmt: skip

    def _line(self, kind: str, **fields: Any) -> dict[str, object]:
        return {"kind": kind, "device": self._plan.id, **fields}


def _iso(time_ms: int) -> str:
    at = datetime.fromtimestamp(time_ms // 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{time_ms % 1000:03d}Z"
