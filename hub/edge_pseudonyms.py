"""Pseudonyms of an edge: persons under the province's key, visits under a week's (design 4)."""

from collections.abc import Callable

from hub.pseudonyms import KeyedPseudonyms
from hub.visit_keys import Destroyed, VisitKeys


class EdgePseudonyms(KeyedPseudonyms):
    """hub.contract.VisitPseudonyms. ``now_ms`` tells which weeks' keys may live.

    The first visit of a week makes its key: a write to disk, waited for.
    """

    def __init__(self, key: bytes, *, weak: bool, visits: VisitKeys, now_ms: Callable[[], int]) -> None:
        super().__init__(key, weak=weak)
        self._visits = visits
        self._now_ms = now_ms

    def visit(self, kind: str, value: str, time_ms: int) -> str | None:
        return self._visits.visit(kind, value, time_ms, self._now_ms())

    def visits(self, kind: str, value: str, time_ms: int) -> tuple[str, ...]:
        return self._visits.names(kind, value, time_ms, self._now_ms())

    def destroy_due(self) -> list[Destroyed]:
        """Blocks: once a day."""
        return self._visits.destroy_due(self._now_ms())
