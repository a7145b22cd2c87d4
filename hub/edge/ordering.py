"""Which orders an edge takes: for analyzers and sites it knows, under ids that results carry (design 4)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import msgspec

from hub.contract import Order, Pseudonyms
from hub.spool import Placing

MOST_AT_ONCE = 1000
MOST_TESTS = 64


class GivenOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An order as it is placed; of a ``cancelled`` one only the number counts."""

    order: str
    specimen: str = ""
    tests: tuple[str, ...] = ()
    priority: Literal["ROUTINE", "STAT"] = "ROUTINE"
    specimen_type: str = ""
    collected_ms: int | None = None
    site: str = ""
    device: str = ""
    cancelled: bool = False


class WrongOrder(NamedTuple):
    """``item``: its place in the list, from 0; never the value that was given."""

    item: int
    field: str
    code: str


@dataclass(frozen=True, slots=True)
class Analyzer:
    """A device that can be told what to measure; patterns of ids that pass, "" is the default of design 4."""

    site: str
    specimen_pattern: str
    order_pattern: str


class OrderRules:
    """Pure. ``analyzers``: by their ids."""

    def __init__(self, analyzers: Mapping[str, Analyzer], pseudonyms: Pseudonyms) -> None:
        self.analyzers = analyzers
        self._pseudonyms = pseudonyms
        self._sites = sorted({analyzer.site for analyzer in analyzers.values()})

    def check(self, given: Sequence[GivenOrder], by: str) -> tuple[list[Placing], list[WrongOrder]]:
        """What can be placed, and every fault; with any fault nothing should be placed."""
        placings, wrong, seen = list[Placing](), list[WrongOrder](), set[str]()
        for item, order in enumerate(given):
            site = order.site or self._site_of(order.device)
            faults = self._faults(order, site) or ([("order", "repeated")] if order.order in seen else [])
            wrong += [WrongOrder(item, field, code) for field, code in faults]
            placings.append(Placing(_order(order), site, order.device, by))
            seen.add(order.order)
        return placings, wrong

    def _faults(self, given: GivenOrder, site: str) -> list[tuple[str, str]]:
        if given.cancelled:
            return []  # one that is not known is told by its number
        if given.device and given.device not in self.analyzers:
            return [("device", "unknown")]
        if site not in self._sites:
            return [("site", "unknown" if site else "missing")]
        if given.device and self.analyzers[given.device].site != site:
            return [("site", "of_another_device")]
        return self._faults_of_content(given, self._of(given.device, site))

    def _faults_of_content(self, given: GivenOrder, those: Sequence[Analyzer]) -> list[tuple[str, str]]:
        faults = []
        if not self._fits(given.order, [analyzer.order_pattern for analyzer in those]):
            faults.append(("order", "pattern"))
        if not self._fits(given.specimen, [analyzer.specimen_pattern for analyzer in those]):
            faults.append(("specimen", "pattern"))
        if not 1 <= len(given.tests) <= MOST_TESTS:
            faults.append(("tests", "count"))
        elif len(set(given.tests)) < len(given.tests):
            faults.append(("tests", "repeated"))
        return faults

    def _of(self, device: str, site: str) -> list[Analyzer]:
        if device:
            return [self.analyzers[device]]
        return [analyzer for analyzer in self.analyzers.values() if analyzer.site == site]

    def _site_of(self, device: str) -> str:
        """The device's; without one the only site there is."""
        if device in self.analyzers:
            return self.analyzers[device].site
        return self._sites[0] if len(self._sites) == 1 and not device else ""

    def _fits(self, text: str, patterns: Sequence[str]) -> bool:
        """As a result would carry it: what a result hides behind ``h:`` could never be found again."""
        label: Callable[[str, str], str] = self._pseudonyms.label
        return any(label(text, pattern) == text for pattern in patterns)


def _order(given: GivenOrder) -> Order:
    return Order(
        given.order,
        given.specimen,
        given.tests,
        given.priority,
        given.specimen_type,
        given.collected_ms,
        given.cancelled,
    )
