"""The orders of an ASTM device: what its queries are told, and what it is sent unasked.

A query goes to the hospital's own system first, where a forward takes queries; else, or when that gives no
answer, it is answered from our orders. Orders count as handed over when the device has acknowledged the
last frame, never before: what was not taken is there for the next query.

What a device refuses waits on, for others and for its own queries: an order that it says cannot be done
(O.26 or R.9 = X), and one that it was sent unasked and whose records it did not take three times.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property, partial
from uuid import uuid4
from zoneinfo import ZoneInfo

from adapters.lab_analyzers.astm.ordering import STANDARD, Heading, OrderWriter, Written
from adapters.lab_analyzers.astm.queries import Asked, Query, read_query
from adapters.lab_analyzers.astm.refusals import Refusal, read_refusals
from adapters.lab_analyzers.astm_line import Answer, AstmLine
from adapters.lab_analyzers.order_handover import Handover
from adapters.lab_analyzers.profiles import Profile, load_profile
from adapters.lab_analyzers.settings import OrderingConfig
from hub.contract import Frame, Order, Outlet
from hub.errors import NoAnswer, NotCommitted, NotTaken
from hub.streams import now_ms

FIRST_PAUSE_SECONDS = 10.0  # E1381 6.2.4: as after a NAK to ENQ
LONGEST_PAUSE_SECONDS = 300.0
POLL_SECONDS = 5.0  # only while all that could be sent is held back
HELD_SECONDS = 900.0  # what has no test that the profile names
MOST_REFUSALS = 3  # of one order's own records; noise on the line does not hit the same ones each time
_RECORD_REFUSED = "astm.record_refused"
_REFUSED = "orders.refused"
log = logging.getLogger(__name__)


class OrderDesk:
    """One device's."""

    def __init__(self, config: OrderingConfig, outlet: Outlet) -> None:
        self._config = config
        self._outlet = outlet
        self._awake = asyncio.Event()
        self._handover = Handover(outlet)
        self._refusals: dict[str, int] = {}  # of single orders, while one of them holds up the others
        self._one_by_one = False
        self._line: AstmLine | None = None
        self._trouble = ""

    @property
    def downloads(self) -> bool:
        """Whether the device is sent orders that it did not ask for."""
        return self._config.orders == "download"

    async def answer(self, query: Frame) -> Answer | None:
        """See ``Desk.answer``."""
        asked = self._read(query)
        if asked is None or asked.cancels:
            return None if asked else _NOTHING
        passed = None if self._config.orders == "none" else await self._passed_on(query)
        if passed is not None:
            return Answer(passed, _nobody_hears)
        found = await self._found(asked)
        written = self._write(asked, found)
        self._unknown(written.unknown)
        if found and not written.unknown and self._trouble == "order.unknown_test":
            self._tell("")
        return Answer(written.records, partial(self._answered, written.orders))

    async def _answered(self, orders: Sequence[Order]) -> None:
        await self._hand_over(orders)
        if orders and self._trouble == _REFUSED:
            self._tell("")

    async def note_refusals(self, frame: Frame) -> None:
        """Commit what a message of the device says that it will not measure; raises NotCommitted."""
        if self._config.orders == "none":
            return
        found: dict[str, Order] = {}
        for refusal in read_refusals(frame.raw, self._profile, self._config.charset):
            found |= {order.order: order for order in await self._meant(refusal)}
        if not found:
            return
        await self._hand_over(())
        await self._outlet.refused(tuple(found.values()), had=True)
        self._handover.gave_back(found)
        self._tell(_REFUSED)

    async def _meant(self, refusal: Refusal) -> list[Order]:
        """Orders of a specimen that ask for one of the tests."""
        specimen = self._outlet.pseudonyms.label(refusal.specimen, self._profile.specimen_pattern)
        waiting = await self._outlet.orders(specimen)
        return [order for order in waiting if not refusal.tests or refusal.tests & self._codes(order)]

    def _codes(self, order: Order) -> set[str | None]:
        return {self._code(test) for test in order.tests}

    async def no_orders(self, query: Frame) -> Answer | None:
        """Of whom nobody knows nobody has orders."""
        asked = self._read(query)
        if asked is None or asked.cancels:
            return None if asked else _NOTHING
        return Answer(self._write(asked, []).records, _nobody_hears)

    def _read(self, query: Frame) -> Query | None:
        return read_query(query.raw, self._profile.records.orders)

    def _write(self, asked: Query, found: Sequence[tuple[Asked | None, Order]]) -> Written:
        heading = Heading.answering(asked.header, uuid4().hex, self._now())
        return self._writer.answer(heading, found)

    async def download(self, line: AstmLine) -> None:
        """Send what the device is to be told, as it comes, until cancelled; what fails is sent again."""
        self._line = line
        try:
            await self._download(line)
        finally:
            self._line = None if self._line is line else self._line

    async def pass_on(self, raw: bytes) -> bytes:
        """Send an order of the hospital's own system, as it came; raises NotTaken."""
        if self._line is None:
            raise NotTaken("device.away")
        failure = await self._line.send(raw)
        if failure:
            raise NotTaken(failure)
        return b""

    async def _download(self, line: AstmLine) -> None:
        failures = 0
        while True:
            self._awake.clear()
            given = await self._next()
            if given and await self._sent(line, given):
                failures = 0
                continue
            pause = FIRST_PAUSE_SECONDS * 2.0 ** min(failures, 8) if given else POLL_SECONDS
            failures += bool(given)
            with suppress(TimeoutError):
                async with asyncio.timeout(min(LONGEST_PAUSE_SECONDS, pause)):
                    await self._awake.wait()

    def heard(self) -> None:
        """The device has spoken: what failed before is tried again."""
        self._awake.set()

    async def _next(self) -> list[Order]:
        """What can be sent now; empty where all that waits cannot, or the store is away."""
        try:
            await self._hand_over(())
            given = await self._outlet.next_orders()
        except NotCommitted as error:
            self._not_done("orders not read", str(error))
            return []
        ready = [order for order in given if self._may_go(order)]
        self._one_by_one = self._one_by_one and len(ready) > 1
        return ready[:1] if self._one_by_one else ready

    async def _sent(self, line: AstmLine, given: Sequence[Order]) -> bool:
        """Whether ``given`` need no pause: they are with the device, or held back."""
        written = self._writer.download(Heading(STANDARD, uuid4().hex, self._now()), given)
        self._unknown(written.unknown)
        now = asyncio.get_running_loop().time()
        left = [order for order in given if order not in written.orders]
        self._handover.hold(left, now, now + HELD_SECONDS)
        if not written.records:
            return True
        failure = await line.send(written.records)
        if failure:
            self._not_done("orders not sent", failure)
            if failure == _RECORD_REFUSED and await self._record_refused(given):
                return True
            self._tell("orders.not_sent")
            return False
        self._refusals.pop(given[0].order, None)
        self._tell("order.unknown_test" if written.unknown else "")
        await self._hand_over(written.orders)
        return True

    async def _record_refused(self, given: Sequence[Order]) -> bool:
        """Find the order that holds up the others, by sending each alone; whether it is out of the way."""
        if not self._one_by_one and len(given) > 1:
            self._one_by_one = True
            return True
        order = given[0]
        self._refusals[order.order] = self._refusals.get(order.order, 0) + 1
        if self._refusals[order.order] < MOST_REFUSALS:
            return False
        self._one_by_one = False
        del self._refusals[order.order]
        try:
            await (self._outlet.handed_over if order.cancelled else self._outlet.refused)([order])
        except NotCommitted as error:
            self._not_done("orders not noted as refused", str(error))
            return False
        self._tell(_REFUSED)
        return True

    def _may_go(self, order: Order) -> bool:
        """Not what the device has and our store does not know of yet, nor what nobody can name to it."""
        now = asyncio.get_running_loop().time()
        return self._handover.may_go(order, now) and not order.specimen.startswith("h:")

    async def _hand_over(self, orders: Sequence[Order]) -> None:
        """Commit that the device has ``orders``, and those before that could not be committed."""
        try:
            await self._handover.commit(orders)
        except NotCommitted as error:
            self._not_done("orders not noted as sent", str(error))

    async def _passed_on(self, query: Frame) -> bytes | None:
        try:
            return await self._outlet.ask(query)
        except NoAnswer as error:
            self._not_done("query not passed on", str(error))
            return None

    async def _found(self, query: Query) -> list[tuple[Asked | None, Order]]:
        """A store that cannot be read has no orders: the machine must not wait."""
        if self._config.orders == "none" or not self._profile.records.orders.taken:
            return []
        try:
            return await self._looked_up(query)
        except NotCommitted as error:
            self._not_done("orders not read", str(error))
            return []

    async def _looked_up(self, query: Query) -> list[tuple[Asked | None, Order]]:
        found: dict[str, tuple[Asked | None, Order]] = {}
        for asked in query.asked:
            specimen = self._outlet.pseudonyms.label(_text(asked.specimen), self._profile.specimen_pattern)
            for order in await self._outlet.orders(specimen):
                found.setdefault(order.order, (asked, order))
        if query.everything:
            for order in await self._outlet.orders(None):
                if not order.specimen.startswith("h:"):  # a name that no machine has heard of
                    found.setdefault(order.order, (None, order))
        return list(found.values())

    def _not_done(self, what: str, reason: str) -> None:
        log.warning(what, extra={"device": self._config.id, "reason": reason})

    def _unknown(self, codes: Sequence[str]) -> None:
        if codes:
            log.warning("unnamed tests", extra={"device": self._config.id, "codes": list(codes)})
            self._tell("order.unknown_test")

    def _tell(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            self._outlet.health("DEGRADED" if trouble else "ONLINE", trouble)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(now_ms() // 1000, ZoneInfo(self._config.timezone))

    @cached_property
    def _profile(self) -> Profile:
        return load_profile(self._config.profile)

    @cached_property
    def _writer(self) -> OrderWriter:
        return OrderWriter(self._profile.records.orders, self._code)

    def _code(self, test: str) -> str | None:
        name = self._profile.ordered_as(test)
        return name.code if name else None


async def _nobody_hears() -> None:
    """Of an answer that is not from our orders."""


_NOTHING = Answer(b"", _nobody_hears)


def _text(latin: str) -> str:
    """What the bytes of an id say: UTF-8 where they can."""
    raw = latin.encode("latin-1")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return latin
