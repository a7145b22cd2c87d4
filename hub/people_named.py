"""How an adapter names people and looks them up; ``hub.contract`` hands it on."""

from typing import Protocol


class Pseudonyms(Protocol):
    """Keyed, one-way names (design 4); pure functions of the edge's keys."""

    def person(self, kind: str, value: str) -> str:
        """Pseudonym under the province key of a canonical id: ("vnid", "075…")."""
        ...

    def patient(self, site: str, number: str) -> str:
        """Weak pseudonym of a hospital's own patient number; never joined across sites."""
        ...

    def label(self, text: str, pattern: str = "") -> str:
        """A specimen or order id as it is if it fits ``pattern`` (default of design 4), else ``h:…``."""
        ...


class PeopleList(Protocol):
    """Who the hub says is on a list, as it was heard last; the same object follows every new version."""

    @property
    def version(self) -> str:
        """Empty: none was ever heard, or its time is over; then that somebody is not on it says nothing."""
        ...

    @property
    def received_ms(self) -> int:
        """When the hub last said that this is the list, Unix ms; 0: never."""
        ...

    def find(self, person: str) -> int | None:
        """What is said of a ``Pseudonyms.person``, in a few µs; None: not on the list.

        ``watch``: 1. ``positive``, ``declared``: the latest time, Unix ms. ``doses``: for ``doses_of``.
        """
        ...


class VisitPseudonyms(Pseudonyms, Protocol):
    """What a gate needs beside: names under a key of this edge and the ISO week of the scan's time."""

    def visit(self, kind: str, value: str, time_ms: int) -> str | None:
        """None: that week's key has been destroyed, or lies more than a week ahead."""
        ...

    def visits(self, kind: str, value: str, time_ms: int) -> tuple[str, ...]:
        """Under that week's key and the one before it, as far as they live: nights have two weeks."""
        ...
