"""Which picture faults stand: scores of checks come and go, a fault is raised once and cleared once."""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from hub.payloads import PICTURE_FAULTS

# Somebody walks close by the lens: one check says nothing. Hikvision's "delay times", Axis' "duration".
OF_LAST, ENOUGH = 3, 2
THRESHOLD: Final = 1.0
# Hysteresis: a fault has gone when three checks in a row are clearly below the threshold.
CLEAN_BELOW: Final = 0.8
CLEAN_CHECKS: Final = 3

UNREADABLE: Final = "unreadable"


@dataclass(slots=True)
class _Fault:
    stands: bool = False
    _hits: deque[bool] = field(default_factory=lambda: deque(maxlen=OF_LAST))
    _clean: int = 0

    def check(self, score: float, may_raise: bool) -> None:
        hit = score >= THRESHOLD
        self._hits.append(hit and may_raise)
        self._clean = self._clean + 1 if score < CLEAN_BELOW else 0
        if self.is_clean:
            self.stands = False
        elif hit and sum(self._hits) >= ENOUGH:
            self.stands = True

    @property
    def is_clean(self) -> bool:
        return self._clean >= CLEAN_CHECKS

    def forget(self) -> None:
        self._hits.clear()


@dataclass(slots=True)
class PictureFaults:
    """``scores``: those of the last check. A fault that a check does not score is neither seen nor clean."""

    scores: dict[str, float] = field(default_factory=dict)
    _faults: dict[str, _Fault] = field(default_factory=dict)

    def check(self, scores: Mapping[str, float], *, may_raise: bool = True) -> None:
        known = {name: scores[name] for name in PICTURE_FAULTS if name in scores}
        self.scores = {name: score for name, score in known.items() if math.isfinite(score)}
        for name, score in self.scores.items():
            self._faults.setdefault(name, _Fault()).check(score, may_raise)

    def begin_anew(self) -> None:
        """What was seen until now raises nothing any more; what stands goes on standing."""
        for fault in self._faults.values():
            fault.forget()

    @property
    def clean(self) -> frozenset[str]:
        """Faults of which three checks in a row have found nothing."""
        return frozenset(name for name, fault in self._faults.items() if fault.is_clean)

    @property
    def standing(self) -> frozenset[str]:
        return frozenset(name for name, fault in self._faults.items() if fault.stands)
