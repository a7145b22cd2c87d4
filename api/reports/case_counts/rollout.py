"""Which district reports what, and since when: the plan's three phases. Pure."""

from collections.abc import Iterable
from datetime import date

from hub.reported import RolloutSet
from storage.reporting import StoredFact

NOT_YET, F0, F0_AND_F1, EVERYTHING = range(4)


def phases(facts: Iterable[StoredFact], districts: Iterable[str], day: date) -> dict[str, int]:
    """The phase of each district on ``day``; of one that was never set 0. Where none was ever set: all 3.

    So a province that does not roll out step by step sets nothing.
    """
    told = [fact.payload for fact in facts if isinstance(fact.payload, RolloutSet)]
    begun = [one for one in told if date.fromisoformat(one.valid_from) <= day]
    last = {one.district: one.phase for one in sorted(begun, key=lambda one: one.valid_from)}
    return {code: last.get(code, NOT_YET) if told else EVERYTHING for code in districts}
