"""The clock of a vaccine lot: since when it is thawed, how long it was out of range, whether it froze.

A product that is kept frozen begins to thaw when its units were above 0 °C for half an hour without a break.
What nobody saw before that counts as thawed too: the clock starts where the lot was last known to be frozen.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from hub.exposure.held_time import HeldTime, held_time
from hub.exposure.products import Product
from hub.exposure.ranges import Range
from hub.exposure.stretches import Span, Stretch, Tile, tiles, within

Holds = Callable[[int], bool]
Flag = Literal["EXPIRED", "THAW_OVER", "REFROZEN", "FROZEN", "FREEZER_OVER"]
DAY_MS = 86_400_000
THAWS_ABOVE = 0
# Single vials of Comirnaty are thawed in 30 min outside of a fridge (EU product information, 6.6).
THAWS_AFTER_MS = 30 * 60_000
# WHO PQS E006, alarm FRZE: -0.5 °C or below for 60 min in one go.
FREEZES_AT = -500
FREEZES_AFTER_MS = 60 * 60_000


@dataclass(frozen=True, slots=True)
class LotLife:
    """What a clock is made of: where the lot was is ``span``, and of that ``held`` is what was seen.

    ``thawed_ms``: since when somebody said that it is thawed; ``expires_ms``: the end of its last day.
    """

    product: Product
    span: Span
    held: Sequence[Stretch]
    expires_ms: int
    thawed_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ThawClock:
    """Times in Unix ms, lengths in ms. ``inferred``: the thaw began at a time that nobody saw.

    ``above_ms``, ``below_ms``: out of the range of its phase, frozen before the thaw and 2 to 8 °C after it;
    ``fridge_ms``: within it after the thaw. ``frozen_ms``: when it froze, or froze again. ``discard_ms``:
    when it must not be used any more, by thaw or expiry.
    """

    thawed_ms: int | None
    inferred: bool
    fridge_ms: int
    above_ms: int
    below_ms: int
    unseen_ms: int
    frozen_ms: int | None
    freezer_over: bool
    discard_ms: int
    held: HeldTime

    @property
    def out_ms(self) -> int:
        return self.above_ms + self.below_ms

    def flags(self, product: Product, now_ms: int, expires_ms: int) -> tuple[Flag, ...]:
        """What is wrong with it, what is worst first."""
        told: dict[Flag, bool] = {
            "EXPIRED": now_ms >= expires_ms,
            "THAW_OVER": self.thawed_ms is not None and now_ms >= self.discard_ms and now_ms < expires_ms,
            "REFROZEN": self.frozen_ms is not None and bool(product.frozen),
            "FROZEN": self.frozen_ms is not None and not product.frozen,
            "FREEZER_OVER": self.freezer_over,
        }
        return tuple(flag for flag, holds in told.items() if holds)


def thaw_clock(life: LotLife) -> ThawClock:
    """The clock at the end of the span."""
    product, span = life.product, life.span
    held = within(life.held, span)
    thawed_ms, inferred = _thawed(life, held)
    if not product.frozen:
        warm_from = span[0]
    else:
        warm_from = span[1] if thawed_ms is None else min(max(thawed_ms, span[0]), span[1])
    frozen, warm = (span[0], warm_from), (warm_from, span[1])
    cold_time, warm_time = held_time(within(held, frozen), frozen), held_time(within(held, warm), warm)
    above, below = _beyond_all(cold_time, [one.allowed for one in product.frozen])
    shares = warm_time.shares(product.fridge)
    return ThawClock(
        thawed_ms=thawed_ms,
        inferred=inferred,
        fridge_ms=shares.inside_ms,
        above_ms=above + shares.above_ms,
        below_ms=below + shares.below_ms,
        unseen_ms=cold_time.span_ms - cold_time.seen_ms + shares.unseen_ms,
        frozen_ms=_first_run(tiles(within(held, warm), warm), FREEZES_AFTER_MS, _freezes),
        freezer_over=_over(product, cold_time),
        discard_ms=_discard_ms(life, thawed_ms),
        held=held_time(held, span),
    )


def _thawed(life: LotLife, held: Sequence[Stretch]) -> tuple[int | None, bool]:
    """When it began to thaw, and whether nobody saw that."""
    if not life.product.frozen:
        return None, False
    run_ms = _first_run(tiles(held, life.span), THAWS_AFTER_MS, _thaws)
    found, inferred = None, False
    if run_ms is not None:
        cold = [stretch.to_ms for stretch in held if stretch.value <= THAWS_ABOVE and stretch.to_ms <= run_ms]
        found = cold[-1] if cold else life.span[0]
        inferred = found < run_ms
    told = life.thawed_ms
    if told is not None and (found is None or told <= found):
        return told, False
    return found, inferred


def _thaws(value: int) -> bool:
    return value > THAWS_ABOVE


def _freezes(value: int) -> bool:
    return value <= FREEZES_AT


def _first_run(found: Iterable[Tile], least_ms: int, holds: Holds) -> int | None:
    """Where the first run without a break begins that is as long as ``least_ms``."""
    return next((from_ms for from_ms, to_ms in _runs(found, holds) if to_ms - from_ms >= least_ms), None)


def _runs(found: Iterable[Tile], holds: Holds) -> Iterator[Span]:
    begin: int | None = None
    end = 0
    for from_ms, to_ms, value in found:
        if value is not None and holds(value):
            begin, end = (from_ms if begin is None else begin), to_ms
        elif begin is not None:
            yield begin, end
            begin = None
    if begin is not None:
        yield begin, end


def _beyond_all(held: HeldTime, allowed: Sequence[Range]) -> tuple[int, int]:
    """Milliseconds above and below: of a value between two ranges, above the colder one."""
    above = below = 0
    for value, ms in held.by_value.items():
        if any(one.low <= value <= one.high for one in allowed):
            continue
        if all(value < one.low for one in allowed):
            below += ms
        else:
            above += ms
    return above, below


def _over(product: Product, held: HeldTime) -> bool:
    """Whether it was longer in a range than it may be, all stays together."""
    return any(
        one.days is not None and held.shares(one.allowed).inside_ms > one.days * DAY_MS
        for one in product.frozen
    )


def _discard_ms(life: LotLife, thawed_ms: int | None) -> int:
    days = life.product.thawed_days
    if thawed_ms is None or days is None:
        return life.expires_ms
    return min(life.expires_ms, thawed_ms + days * DAY_MS)
