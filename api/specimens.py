"""Specimens as their management registered them, matched to results as analyzers told them. Pure.

A result belongs to the specimen whose label it carries, else to the one specimen of its order. What belongs
to nobody stays on a work list, in both directions. A result of a pool is the pool's and no person's.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from hub.reported import SpecimenRegistered
from storage.reporting import StoredFact, StoredResult

SampleState = Literal["waiting", "preliminary", "final", "withdrawn"]
Outcome = Literal["positive", "negative", "failed"]
FINAL, PRELIMINARY = frozenset("FC"), "P"


class Sample:
    """A registered specimen with all that stands about it; moments in Unix ms.

    ``exact``: the moment of collection is known, not its day alone, which then begins it. ``outcome``: of all
    final results, one that is positive decides; None without a final one. ``turnaround_ms``: from collection
    to the observation of the first final result; None where either is not known.
    """

    __slots__ = ("collected_ms", "corrected", "exact", "fact", "outcome", "state", "told", "turnaround_ms")

    def __init__(self, fact: StoredFact, results: Sequence[StoredResult], zone: ZoneInfo) -> None:
        assert isinstance(fact.payload, SpecimenRegistered)
        self.fact = fact
        self.told = fact.payload
        self.exact = "T" in self.told.collected
        self.collected_ms = _moment(self.told.collected, zone)
        finals = [result for result in results if result.payload.status in FINAL]
        self.state = _state(results, finals)
        self.corrected = any(result.payload.status == "C" for result in finals)
        self.outcome = _outcome(finals)
        spent_ms = min((result.time_ms for result in finals), default=-1) - self.collected_ms
        self.turnaround_ms = spent_ms if self.exact and spent_ms >= 0 else None


def _state(results: Sequence[StoredResult], finals: Sequence[StoredResult]) -> SampleState:
    if finals:
        return "final"
    if any(result.payload.status == PRELIMINARY for result in results):
        return "preliminary"
    return "withdrawn" if results else "waiting"


def _outcome(finals: Sequence[StoredResult]) -> Outcome | None:
    if not finals:
        return None
    calls = {result.payload.call for result in finals}
    return "positive" if "POS" in calls else "negative" if "NEG" in calls else "failed"


class Matched(NamedTuple):
    """``strays``: results of specimens that nobody registered."""

    samples: list[Sample]
    strays: list[StoredResult]


def match(facts: Iterable[StoredFact], results: Iterable[StoredResult], zone: ZoneInfo) -> Matched:
    """Controls are nobody's specimens and left out."""
    registered = list(facts)
    owner_of = owners(registered)
    of_label: dict[str, list[StoredResult]] = {}
    strays: list[StoredResult] = []
    for result in results:
        if result.payload.control:
            continue
        owner = owner_of(result)
        if owner is None:
            strays.append(result)
        else:
            of_label.setdefault(owner, []).append(result)
    return Matched([Sample(fact, of_label.get(fact.subject, ()), zone) for fact in registered], strays)


def owners(registered: Iterable[StoredFact]) -> Callable[[StoredResult], str | None]:
    """Whose a result is: the label of a registered specimen, None: nobody's."""
    by_label, by_order = _labels(registered)

    def owner(result: StoredResult) -> str | None:
        label = result.payload.specimen
        return label if label in by_label else by_order.get(result.payload.order or "")

    return owner


def _labels(registered: Iterable[StoredFact]) -> tuple[set[str], dict[str, str]]:
    """All labels, and the label of each order that has one specimen alone."""
    labels: set[str] = set()
    of_order: dict[str, list[str]] = {}
    for fact in registered:
        assert isinstance(fact.payload, SpecimenRegistered)
        labels.add(fact.subject)
        if fact.payload.order:
            of_order.setdefault(fact.payload.order, []).append(fact.subject)
    return labels, {order: found[0] for order, found in of_order.items() if len(found) == 1}


def _moment(text: str, zone: ZoneInfo) -> int:
    found = datetime.fromisoformat(text)
    return int((found if found.tzinfo else found.replace(tzinfo=zone)).timestamp() * 1000)
