"""The simulated gates: where, which way, over which line. The same numbers give the same gates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from simulators.gates.framing import FRAMINGS, Framing
from simulators.gates.gate_rules import OPEN, Direction, SiteRules

Way = Literal["tcp", "listening", "serial", "json", "zkteco"]
WAYS: tuple[Way, ...] = get_args(Way)
NETWORK = "127.77"  # of loopback: gates on one listener are told apart by where they dial from


@dataclass(frozen=True, slots=True)
class GateLines:
    """Where gates reach a hub; None and empty: not there.

    ``tcp``: a listener that scanners dial. ``listening``: from this port on scanners wait to be dialled.
    ``serial``: the scanners' ends of lines. ``url``: an API that takes pushes.
    """

    tcp: tuple[str, int] | None = None
    listening: tuple[str, int] | None = None
    serial: tuple[Path, ...] = ()
    url: str | None = None

    @property
    def ways(self) -> tuple[Way, ...]:
        """Those that there are; each serial line carries one gate, so they stand apart."""
        there: dict[Way, object] = {
            "tcp": self.tcp, "listening": self.listening, "json": self.url, "zkteco": self.url,
        }  # fmt: skip
        return tuple(way for way in WAYS if there.get(way))


@dataclass(frozen=True, slots=True)
class GatePlan:
    """``number`` is unique. ``end``: its own end of a serial line. ``address``: where it dials from."""

    id: str
    site: str
    zone: str
    direction: Direction
    way: Way
    number: int
    framing: Framing
    rules: SiteRules = OPEN
    end: Path | None = None
    address: str = ""
    skew_seconds: int = 0

    @property
    def has_clock(self) -> bool:
        """Whether it tells when it scanned."""
        return self.way in ("json", "zkteco")


def gates(
    count: int, sites: int, lines: GateLines, rules: SiteRules, skews: Sequence[int] = (0,)
) -> tuple[GatePlan, ...]:
    """In and out by turns, both over one way; serial lines first, then the other ways by turns.

    Fewer than ``count`` where only serial lines are there.
    """
    laid = len(lines.serial)
    places = range(count if lines.ways else min(count, laid))
    return tuple(_gate(number, sites, lines, rules, skews[number % len(skews)]) for number in places)


def _gate(number: int, sites: int, lines: GateLines, rules: SiteRules, skew: int) -> GatePlan:
    site = f"diem-{number // 2 % sites + 1:03d}"
    laid, others = len(lines.serial), lines.ways
    pair = (number - laid + laid % 2) // 2  # a serial gate that is left over has its exit over another way
    way: Way = "serial" if number < laid else others[pair % len(others)]
    plan = GatePlan(
        f"cong-{number + 1:03d}",
        site,
        site,
        "in" if number % 2 == 0 else "out",
        way,
        number,
        FRAMINGS[number % len(FRAMINGS)],
        rules,
    )
    match way:
        case "serial":
            return replace(plan, end=lines.serial[number])
        case "tcp":
            return replace(plan, address=f"{NETWORK}.{number // 250}.{number % 250 + 1}")
        case "listening":
            return plan
    # It decided itself and tells later, in any order: what went before is not asked for.
    return replace(plan, zone=f"{site}-{way}", rules=replace(rules, passback=False), skew_seconds=skew)
